package io.polymq.kafka.cluster;

import io.polymq.kafka.topic.Setting;
import io.polymq.kafka.topic.TopicSettings;
import io.polymq.meta.MetadataStore;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The broker-wide settings: those given at the start, which can only be read, and the defaults of
 * topics, which can be changed while the broker runs and are kept in metadata. Shared.
 */
public final class BrokerSettings {

    private static final String KEY = "kafka/settings/broker";

    private final MetadataStore metadata;
    private final Map<String, String> fixed;
    private final Map<String, Setting> dynamic;
    private volatile Map<String, String> values = Map.of();

    public BrokerSettings(MetadataStore metadata, Map<String, String> fixed) {
        this.metadata = metadata;
        this.fixed = new TreeMap<>(fixed);
        this.dynamic = new LinkedHashMap<>();
        for (Setting setting : TopicSettings.list()) {
            String broker = setting.broker();
            if (broker != null) {
                dynamic.put(
                        broker,
                        new Setting(
                                broker,
                                setting.kind(),
                                setting.defaultValue(),
                                setting.min(),
                                setting.max(),
                                setting.words(),
                                null,
                                setting.documentation()));
            }
        }
    }

    /** Reads what is kept. */
    public CompletableFuture<Void> load() {
        return metadata.get(KEY)
                .thenAccept(entry -> values = entry.isPresent() ? decode(entry.value()) : Map.of());
    }

    /** The settings that were changed from their defaults. */
    public Map<String, String> values() {
        return values;
    }

    public Map<String, String> fixed() {
        return fixed;
    }

    public Map<String, Setting> dynamic() {
        return dynamic;
    }

    /** Why these may not be set; null when they may. */
    public @Nullable String refusal(Map<String, String> wanted) {
        for (Map.Entry<String, String> entry : wanted.entrySet()) {
            Setting setting = dynamic.get(entry.getKey());
            if (setting == null) {
                return fixed.containsKey(entry.getKey())
                        ? "Cannot update these configs dynamically: [" + entry.getKey() + "]"
                        : "Unknown broker config name: " + entry.getKey();
            }
            String refusal = setting.refusal(entry.getValue());
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    public CompletableFuture<Void> replace(Map<String, String> wanted) {
        Map<String, String> kept = Map.copyOf(wanted);
        return metadata.put(KEY, encode(kept)).thenAccept(_ -> values = kept);
    }

    /** One setting a line; neither names nor values hold line ends. */
    public static byte[] encode(Map<String, String> settings) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(settings)
                .forEach((name, value) -> text.append(name).append('=').append(value).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    public static Map<String, String> decode(byte[] text) {
        Map<String, String> settings = new LinkedHashMap<>();
        new String(text, StandardCharsets.UTF_8)
                .lines()
                .forEach(
                        line -> {
                            int at = line.indexOf('=');
                            settings.put(line.substring(0, at), line.substring(at + 1));
                        });
        return Map.copyOf(settings);
    }
}
