package io.polymq.codec.mqtt;

import org.jspecify.annotations.Nullable;

/** The grammar of topic names and filters (4.7, 4.8.2). Stateless. */
public final class TopicRules {

    /** The prefix of a shared subscription. */
    public static final String SHARE = "$share/";

    private TopicRules() {}

    /** Whether it can be published to: not empty, no wildcard; the text itself was checked. */
    public static boolean isName(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return false;
        }
        for (int i = offset; i < offset + length; i++) {
            if (bytes[i] == '+' || bytes[i] == '#') {
                return false;
            }
        }
        return true;
    }

    public static boolean isName(String topic) {
        return !topic.isEmpty() && topic.indexOf('+') < 0 && topic.indexOf('#') < 0;
    }

    /**
     * Whether it can be subscribed to: not empty, every wildcard a level of its own, {@code #} only
     * at the end. For a shared subscription also the group and the filter behind it.
     */
    public static boolean isFilter(String filter) {
        if (filter.startsWith(SHARE)) {
            Shared shared = Shared.parse(filter);
            return shared != null && isPlainFilter(shared.filter());
        }
        return isPlainFilter(filter);
    }

    private static boolean isPlainFilter(String filter) {
        if (filter.isEmpty()) {
            return false;
        }
        for (int i = 0; i < filter.length(); i++) {
            char c = filter.charAt(i);
            if (c != '+' && c != '#') {
                continue;
            }
            boolean begins = i == 0 || filter.charAt(i - 1) == '/';
            boolean ends = i == filter.length() - 1 || c == '+' && filter.charAt(i + 1) == '/';
            if (!begins || !ends) {
                return false;
            }
        }
        return true;
    }

    /** Levels of a name or filter. */
    public static int levels(String topic) {
        int levels = 1;
        for (int i = 0; i < topic.length(); i++) {
            if (topic.charAt(i) == '/') {
                levels++;
            }
        }
        return levels;
    }

    /**
     * The parts of {@code $share/group/filter}.
     *
     * @param group not empty, without wildcards
     * @param filter what is subscribed to
     */
    public record Shared(String group, String filter) {

        /** Null when it is not of that form. */
        public static @Nullable Shared parse(String filter) {
            int slash = filter.indexOf('/', SHARE.length());
            if (!filter.startsWith(SHARE)
                    || slash <= SHARE.length()
                    || slash == filter.length() - 1) {
                return null;
            }
            String group = filter.substring(SHARE.length(), slash);
            return isName(group) ? new Shared(group, filter.substring(slash + 1)) : null;
        }
    }
}
