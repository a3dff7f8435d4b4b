package io.polymq.core.security.rules;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource.Kind;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Allows or denies someone to do something to something. Immutable.
 *
 * @param id unique among all rules
 * @param actions none: all of them but {@link Action#ADMIN}
 * @param kinds none: all of them
 * @param within what the name has to be looked at in; empty: it does not matter
 * @param note whatever its author wants to remember
 */
public record Rule(
        String id,
        Effect effect,
        Who who,
        Set<Action> actions,
        Set<Kind> kinds,
        NamePattern name,
        String within,
        String note) {

    /** What a rule does. Denying beats allowing. */
    public enum Effect {
        ALLOW,
        DENY
    }

    private static final Set<Action> DESCRIBES =
            EnumSet.of(Action.READ, Action.WRITE, Action.DELETE, Action.ALTER);

    public Rule {
        actions = Set.copyOf(actions);
        kinds = Set.copyOf(kinds);
        if (id.isEmpty()) {
            throw new IllegalArgumentException("a rule needs an id");
        }
    }

    public static Rule allow(
            String id, Who who, Set<Action> actions, Set<Kind> kinds, NamePattern name) {
        return new Rule(id, Effect.ALLOW, who, actions, kinds, name, "", "");
    }

    public static Rule deny(
            String id, Who who, Set<Action> actions, Set<Kind> kinds, NamePattern name) {
        return new Rule(id, Effect.DENY, who, actions, kinds, name, "", "");
    }

    public Rule within(String container) {
        return new Rule(id, effect, who, actions, kinds, name, container, note);
    }

    /** Whether it speaks of this action; who is allowed to do more is allowed to look. */
    boolean isAbout(Action action) {
        if (actions.isEmpty()) {
            return action != Action.ADMIN;
        }
        if (actions.contains(action)) {
            return true;
        }
        if (effect == Effect.DENY) {
            return false;
        }
        return switch (action) {
            case DESCRIBE -> actions.stream().anyMatch(DESCRIBES::contains);
            case DESCRIBE_CONFIGS -> actions.contains(Action.ALTER_CONFIGS);
            default -> false;
        };
    }

    /** Whether it speaks of this kind; a topic is the subject of its name. */
    boolean isAbout(Kind kind) {
        return kinds.isEmpty()
                || kinds.contains(kind)
                || (kind == Kind.SUBJECT && kinds.contains(Kind.TOPIC))
                || (kind == Kind.TOPIC && kinds.contains(Kind.SUBJECT));
    }

    boolean isWithin(String container) {
        return within.isEmpty() || within.equals(container);
    }

    /** In words, for {@code why}. */
    @Override
    public String toString() {
        return "rule "
                + id
                + ": "
                + (effect == Effect.ALLOW ? "allow " : "deny ")
                + who
                + " to "
                + (actions.isEmpty() ? "do anything" : words(actions))
                + " on "
                + (kinds.isEmpty() ? "anything" : words(kinds))
                + (name instanceof NamePattern.Any
                        ? ""
                        : " " + name.kind() + " '" + name.text() + "'")
                + (within.isEmpty() ? "" : " within '" + within + "'")
                + (note.isEmpty() ? "" : " (" + note + ")");
    }

    private static String words(Set<? extends Enum<?>> values) {
        return values.stream()
                .map(v -> v.name().toLowerCase(java.util.Locale.ROOT))
                .sorted()
                .collect(Collectors.joining(" or "));
    }
}
