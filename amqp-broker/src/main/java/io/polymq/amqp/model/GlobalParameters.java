package io.polymq.amqp.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Parameters of the whole broker, which tools keep here; nothing in the broker heeds them. Any
 * thread.
 */
public final class GlobalParameters {

    private static final int MOST = 1_000;

    private final DefinitionStore store;
    private final Map<String, JsonNode> known = new ConcurrentSkipListMap<>();

    GlobalParameters(DefinitionStore store) {
        this.store = store;
    }

    public Map<String, JsonNode> all() {
        return Collections.unmodifiableMap(known);
    }

    /**
     * Adds or replaces; completes when it is safe.
     *
     * @throws ModelException when there are too many
     */
    public CompletableFuture<Void> put(String name, JsonNode value) {
        if (!known.containsKey(name) && known.size() >= MOST) {
            throw ModelException.precondition("there are " + MOST + " global parameters already");
        }
        known.put(name, value);
        return store.put(DefinitionStore.Kind.PARAMETER, Map.of("value", value), name);
    }

    /** Whether there was one. */
    public CompletableFuture<Boolean> delete(String name) {
        if (known.remove(name) == null) {
            return CompletableFuture.completedFuture(false);
        }
        return store.delete(DefinitionStore.Kind.PARAMETER, name).thenApply(done -> true);
    }

    void known(String name, JsonNode value) {
        known.put(name, value);
    }
}
