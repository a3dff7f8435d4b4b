package io.polymq.config.schema;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects everything that is wrong, so that all of it can be told at once. One thread. */
public final class Problems {
    private final List<Problem> found = new ArrayList<>();

    public void add(Origin origin, String path, String message) {
        found.add(new Problem(origin, path, message));
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    int count() {
        return found.size();
    }

    /** In the order of the sources' lines. */
    public List<Problem> sorted() {
        return found.stream()
                .sorted(
                        Comparator.comparing((Problem p) -> p.origin().source())
                                .thenComparingInt(p -> p.origin().line()))
                .toList();
    }
}
