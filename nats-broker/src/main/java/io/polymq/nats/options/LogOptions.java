package io.polymq.nats.options;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What is logged, and where to. Immutable. */
public record LogOptions(boolean debug, boolean trace, boolean times, @Nullable Path file) {

    public static final LogOptions DEFAULT = new LogOptions(false, false, true, null);
}
