package io.polymq.config.reference;

import java.util.ArrayList;
import java.util.List;

/** Breaks a sentence into lines. */
final class Wrapped {
    private static final int WIDTH = 96;

    private Wrapped() {}

    static List<String> lines(String text, int indent) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (!line.isEmpty() && indent + line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
