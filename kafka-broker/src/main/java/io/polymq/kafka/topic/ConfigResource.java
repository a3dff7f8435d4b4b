package io.polymq.kafka.topic;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Something that has a configuration: a topic, the broker, a group. */
public interface ConfigResource {

    /**
     * One key with its value.
     *
     * @param source the code of where the value comes from
     * @param synonyms where else it could come from, the strongest first, itself included
     */
    record Item(
            String name,
            @Nullable String value,
            byte source,
            boolean readOnly,
            Setting.Kind kind,
            String documentation,
            List<Synonym> synonyms) {}

    /** A place that a value could come from. */
    record Synonym(String name, @Nullable String value, byte source) {}

    /** All keys. */
    Collection<Item> items();

    /** The settings that were made on this very resource. */
    Map<String, String> own();

    /** The key's definition; null when it cannot be set. */
    @Nullable Setting setting(String name);

    /** Why these settings are refused; null when they are not. */
    @Nullable String refusal(Map<String, String> settings);

    /** Puts these in place of the resource's own settings. */
    CompletableFuture<?> replace(Map<String, String> settings);

    /** Found, or why not. */
    record Lookup(@Nullable ConfigResource resource, Errors error, @Nullable String message) {
        public static Lookup found(ConfigResource resource) {
            return new Lookup(resource, Errors.NONE, null);
        }

        public static Lookup refused(Errors error, @Nullable String message) {
            return new Lookup(null, error, message);
        }
    }
}
