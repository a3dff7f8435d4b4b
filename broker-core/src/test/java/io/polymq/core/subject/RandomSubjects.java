package io.polymq.core.subject;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Subjects and filters over a small alphabet, so that they often meet. */
public final class RandomSubjects {

    private RandomSubjects() {}

    public static Subject subject(Random random) {
        if (random.nextInt(50) == 0) {
            return Subject.EMPTY;
        }
        return Subject.ofDotted(String.join(".", texts(random, 1 + random.nextInt(6))));
    }

    public static Filter filter(Random random) {
        List<Filter.Level> levels = new ArrayList<>();
        int count = random.nextInt(6);
        boolean middle = random.nextBoolean();
        for (int i = 0; i <= count; i++) {
            boolean last = i == count;
            levels.add(
                    switch (random.nextInt(9)) {
                        case 0, 1 -> new Filter.One();
                        case 2 -> last || middle ? new Filter.Any() : new Filter.One();
                        case 3 -> last ? new Filter.Rest() : new Filter.One();
                        default -> new Filter.Exact(text(random));
                    });
        }
        return Filter.of(levels, random.nextInt(3) == 0);
    }

    /** What a filter matches, by the book: level by level, trying every length for wildcards. */
    public static boolean matches(Filter filter, Subject subject) {
        if (filter.skipsReserved() && subject.isReserved()) {
            return false;
        }
        List<String> texts =
                subject.length() == 0 ? List.of() : List.of(subject.toString().split("\\.", -1));
        return matches(filter.levels(), texts);
    }

    private static boolean matches(List<Filter.Level> levels, List<String> texts) {
        if (levels.isEmpty()) {
            return texts.isEmpty();
        }
        List<Filter.Level> more = levels.subList(1, levels.size());
        return switch (levels.getFirst()) {
            case Filter.Exact exact ->
                    !texts.isEmpty()
                            && texts.getFirst().equals(exact.text())
                            && matches(more, texts.subList(1, texts.size()));
            case Filter.One one ->
                    !texts.isEmpty() && matches(more, texts.subList(1, texts.size()));
            case Filter.Rest rest -> !texts.isEmpty();
            case Filter.Any any -> {
                for (int skip = 0; skip <= texts.size(); skip++) {
                    if (matches(more, texts.subList(skip, texts.size()))) {
                        yield true;
                    }
                }
                yield false;
            }
        };
    }

    private static List<String> texts(Random random, int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(text(random));
        }
        return texts;
    }

    private static String text(Random random) {
        return switch (random.nextInt(12)) {
            case 0 -> "$x";
            case 1 -> "";
            case 2 -> "a/b";
            case 3 -> String.valueOf((char) (1 + random.nextInt(5)));
            default -> String.valueOf((char) ('a' + random.nextInt(3)));
        };
    }
}
