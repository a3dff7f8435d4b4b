package io.polymq.core.topic;

import io.polymq.storage.ShardStore;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The storage drivers that topics may choose from. Shared, immutable.
 *
 * @param standard for topics that name none
 * @param others by name, beside the standard one
 */
public record Drivers(ShardStore standard, Map<String, ShardStore> others) {

    public Drivers {
        others = Map.copyOf(others);
    }

    public static Drivers of(ShardStore only) {
        return new Drivers(only, Map.of());
    }

    /** Null when there is none of that name; the empty name is the standard one's. */
    public @Nullable ShardStore named(String name) {
        return name.isEmpty() || name.equals(standard.driver()) ? standard : others.get(name);
    }

    Collection<ShardStore> all() {
        java.util.List<ShardStore> all = new java.util.ArrayList<>(others.values());
        all.add(standard);
        return all;
    }
}
