package io.polymq.admin.api;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the process says of itself.
 *
 * @param startedAt milliseconds since 1970
 * @param listeners as they are now
 * @param config the effective configuration without secrets, by dotted keys
 * @param source where that came from; null for a broker inside of another process
 */
public record Node(
        String version,
        String cluster,
        int broker,
        long startedAt,
        Supplier<List<Listener>> listeners,
        Supplier<Map<String, String>> config,
        Supplier<@Nullable ConfigSource> source) {

    /** Where a protocol can be reached. */
    public record Listener(String protocol, String transport, String address) {}
}
