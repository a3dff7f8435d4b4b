package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the server adds to the metadata of streams and consumers. Stateless. */
final class Metadata {

    private static final String VERSION = "_nats.ver";
    private static final String LEVEL = "_nats.level";
    private static final String REQUIRED = "_nats.req.level";

    private Metadata() {}

    static void put(ObjectNode config, String version, int level, int required) {
        ObjectNode metadata = config.withObjectProperty("metadata");
        strip(metadata, List.of(VERSION, LEVEL, REQUIRED));
        metadata.put(LEVEL, String.valueOf(level));
        metadata.put(REQUIRED, String.valueOf(required));
        metadata.put(VERSION, version);
    }

    static void strip(ObjectNode config) {
        if (config.get("metadata") instanceof ObjectNode metadata) {
            strip(metadata, List.of(VERSION, LEVEL, REQUIRED));
            if (metadata.isEmpty()) {
                config.remove("metadata");
            }
        }
    }

    private static void strip(ObjectNode metadata, List<String> names) {
        @Nullable ObjectNode left = metadata.remove(names);
        assert left == metadata;
    }
}
