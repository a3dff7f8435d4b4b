package io.polymq.mq9.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Texts cut into words: lower case, letters and digits, a word of its own for every ideograph, and
 * for what is written withCapitals the parts as well as the whole. Stateless.
 */
final class Words {

    private static final int LONGEST = 64;

    private Words() {}

    static List<String> of(String text, int most) {
        List<String> words = new ArrayList<>();
        int begin = -1;
        int part = -1;
        for (int i = 0; i <= text.length() && words.size() < most; i++) {
            char c = i < text.length() ? text.charAt(i) : ' ';
            if (Character.isIdeographic(c)) {
                end(text, begin, part, i, words);
                begin = -1;
                words.add(String.valueOf(c));
            } else if (Character.isLetterOrDigit(c)) {
                if (begin < 0) {
                    begin = i;
                    part = i;
                } else if (Character.isUpperCase(c) && Character.isLowerCase(text.charAt(i - 1))) {
                    add(text, part, i, words);
                    part = i;
                }
            } else if (begin >= 0) {
                end(text, begin, part, i, words);
                begin = -1;
            }
        }
        return words;
    }

    private static void end(String text, int begin, int part, int end, List<String> words) {
        if (begin < 0) {
            return;
        }
        if (part > begin) {
            add(text, part, end, words);
        }
        add(text, begin, end, words);
    }

    private static void add(String text, int from, int to, List<String> words) {
        String word = text.substring(from, Math.min(to, from + LONGEST)).toLowerCase(Locale.ROOT);
        words.add(word);
        if (word.length() > 3 && word.endsWith("s") && !word.endsWith("ss")) {
            words.set(words.size() - 1, word.substring(0, word.length() - 1));
        }
    }
}
