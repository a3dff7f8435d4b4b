package io.polymq.core.security.rules;

import io.polymq.core.subject.Filter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Filters that somebody wrote as a name to ask about, in whatever dialect: dotted, with a level
 * that is {@code *}, {@code +}, {@code #} or {@code >}.
 */
public final class WrittenFilters {

    private WrittenFilters() {}

    /** Null when it has no such level, so that it can only be a name. */
    public static @Nullable Filter parse(String name) {
        String[] texts = name.split("\\.", -1);
        List<Filter.Level> levels = new ArrayList<>(texts.length);
        boolean wild = false;
        for (int i = 0; i < texts.length; i++) {
            Filter.Level level =
                    switch (texts[i]) {
                        case "*", "+" -> new Filter.One();
                        case "#" -> new Filter.Any();
                        case ">" ->
                                i + 1 == texts.length && i > 0
                                        ? new Filter.Rest()
                                        : new Filter.Any();
                        default -> new Filter.Exact(texts[i]);
                    };
            wild |= !(level instanceof Filter.Exact);
            levels.add(level);
        }
        return wild ? Filter.of(levels, false) : null;
    }
}
