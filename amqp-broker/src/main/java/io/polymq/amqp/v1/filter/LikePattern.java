package io.polymq.amqp.v1.filter;

import java.util.Arrays;

/**
 * A pattern in which {@code %} stands for any characters and {@code _} for one. Matched without
 * going back further than to the last {@code %}. Immutable.
 */
final class LikePattern {

    private static final int ANY = -1;
    private static final int ONE = -2;

    private final int[] parts;

    /**
     * @param escape makes the next character stand for itself; -1 for none
     * @throws FilterException when nothing follows the last escape
     */
    LikePattern(String pattern, int escape) {
        int[] found = new int[pattern.length()];
        int count = 0;
        for (int i = 0; i < pattern.length(); i++) {
            char next = pattern.charAt(i);
            if (next == escape) {
                if (++i == pattern.length()) {
                    throw new FilterException("nothing follows the escape of a pattern");
                }
                found[count++] = pattern.charAt(i);
            } else {
                found[count++] = next == '%' ? ANY : next == '_' ? ONE : next;
            }
        }
        parts = Arrays.copyOf(found, count);
    }

    boolean fits(String text) {
        int at = 0;
        int part = 0;
        int lastAny = -1;
        int resume = 0;
        while (at < text.length()) {
            if (part < parts.length && (parts[part] == ONE || parts[part] == text.charAt(at))) {
                at++;
                part++;
            } else if (part < parts.length && parts[part] == ANY) {
                lastAny = part++;
                resume = at;
            } else if (lastAny >= 0) {
                part = lastAny + 1;
                at = ++resume;
            } else {
                return false;
            }
        }
        while (part < parts.length && parts[part] == ANY) {
            part++;
        }
        return part == parts.length;
    }
}
