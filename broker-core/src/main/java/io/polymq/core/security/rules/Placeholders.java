package io.polymq.core.security.rules;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@code %u}, {@code %c} and {@code %t} in the text of a rule stand for the name of the user, the
 * client id and the tenant of whoever asks; {@code %%} is a percent sign. What is put in is always
 * taken literally by the pattern around it. An empty name stands for nothing: the pattern then has
 * no meaning.
 */
final class Placeholders {

    private Placeholders() {}

    /** Whether the text depends on who asks. */
    static boolean in(String text) {
        for (int at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 2)) {
            if (at + 1 < text.length() && isPlaceholder(text.charAt(at + 1))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPlaceholder(char c) {
        return c == 'u' || c == 'c' || c == 't';
    }

    /**
     * The text with names put in; null when one of them is empty.
     *
     * @param literal makes a name harmless in the pattern
     * @param around makes the text between names part of the pattern
     */
    static @Nullable String fill(
            String text, Asker asker, UnaryOperator<String> around, UnaryOperator<String> literal) {
        StringBuilder filled = new StringBuilder();
        int from = 0;
        int at = text.indexOf('%');
        while (at >= 0 && at + 1 < text.length()) {
            char which = text.charAt(at + 1);
            if (isPlaceholder(which)) {
                String name = name(which, asker);
                if (name.isEmpty()) {
                    return null;
                }
                filled.append(around.apply(text.substring(from, at))).append(literal.apply(name));
                from = at + 2;
            } else if (which == '%') {
                filled.append(around.apply(text.substring(from, at + 1)));
                from = at + 2;
            }
            at = text.indexOf('%', at + 2);
        }
        return filled.append(around.apply(text.substring(from))).toString();
    }

    private static String name(char which, Asker asker) {
        return switch (which) {
            case 'u' -> asker.user();
            case 'c' -> asker.clientId();
            default -> asker.tenant();
        };
    }
}
