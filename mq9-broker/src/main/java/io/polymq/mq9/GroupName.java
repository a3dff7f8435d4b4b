package io.polymq.mq9;

/** The rule of group names. Stateless. */
final class GroupName {

    private static final int MAX_LENGTH = 128;

    private GroupName() {}

    static String check(Body body, String group) {
        if (group.isEmpty()
                || group.length() > MAX_LENGTH
                || group.chars().anyMatch(c -> c == '/' || Character.isISOControl(c))) {
            throw body.invalid(
                    "`group_name` has 1 to "
                            + MAX_LENGTH
                            + " characters, no slash and no control character");
        }
        return group;
    }
}
