package io.polymq.amqp.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.meta.MetadataStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Definitions in the metadata, as JSON under {@code amqp/KIND/HOST/NAME...}, each part of a key
 * percent-coded. Any thread; changes asked for by one thread are made in that order.
 */
final class DefinitionStore {

    private static final Logger LOG = LoggerFactory.getLogger(DefinitionStore.class);
    private static final String PREFIX = "amqp/";

    /** What is defined. */
    enum Kind {
        HOST,
        EXCHANGE,
        QUEUE,
        BINDING,
        POLICY,
        OPERATOR_POLICY,
        PARAMETER,
        USER_LIMITS;

        private String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** What was found in the metadata. */
    record Stored(Kind kind, List<String> path, JsonNode value) {}

    private final MetadataStore store;
    private final ObjectMapper json = new ObjectMapper();

    DefinitionStore(MetadataStore store) {
        this.store = store;
    }

    ObjectMapper json() {
        return json;
    }

    CompletableFuture<Void> put(Kind kind, Map<String, @Nullable Object> value, String... path) {
        try {
            return store.put(key(kind, path), json.writeValueAsBytes(value))
                    .thenApply(done -> null);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    CompletableFuture<Void> delete(Kind kind, String... path) {
        return store.delete(key(kind, path)).thenApply(done -> null);
    }

    private static String key(Kind kind, String... path) {
        return PREFIX
                + kind.word()
                + '/'
                + Stream.of(path)
                        .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8))
                        .collect(Collectors.joining("/"));
    }

    /** Everything that is defined, hosts first, bindings behind what they bind. */
    CompletableFuture<List<Stored>> load() {
        return store.range(PREFIX)
                .thenApply(
                        range -> {
                            List<Stored> all = new ArrayList<>();
                            range.entries().forEach(entry -> read(entry, all));
                            all.sort((a, b) -> a.kind().compareTo(b.kind()));
                            return all;
                        });
    }

    private void read(MetadataStore.Entry entry, List<Stored> into) {
        String[] parts = entry.key().substring(PREFIX.length()).split("/", -1);
        try {
            Kind kind = Kind.valueOf(parts[0].toUpperCase(java.util.Locale.ROOT));
            List<String> path =
                    Stream.of(parts)
                            .skip(1)
                            .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
                            .toList();
            into.add(new Stored(kind, path, json.readTree(entry.value())));
        } catch (IOException | IllegalArgumentException e) {
            LOG.atWarn()
                    .addKeyValue("key", entry.key())
                    .addKeyValue("reason", e.getMessage())
                    .log("a definition is not understood and left out");
        }
    }

    /** A JSON object as arguments. */
    Arguments arguments(@Nullable JsonNode node) {
        if (node == null || !node.isObject()) {
            return Arguments.NONE;
        }
        Map<?, ?> values = json.convertValue(node, Map.class);
        Map<String, @Nullable Object> named = new java.util.LinkedHashMap<>();
        values.forEach((name, value) -> named.put(String.valueOf(name), value));
        return Arguments.of(named);
    }
}
