package io.polymq.kafka.topic;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A topic's configuration. */
final class TopicConfigResource implements ConfigResource {

    private static final byte FROM_TOPIC = 1;
    private static final byte FROM_BROKER = 3;
    private static final byte FROM_DEFAULT = 5;

    private final TopicCatalog catalog;
    private final KafkaTopic topic;
    private final Map<String, String> brokerWide;

    TopicConfigResource(TopicCatalog catalog, KafkaTopic topic, Map<String, String> brokerWide) {
        this.catalog = catalog;
        this.topic = topic;
        this.brokerWide = brokerWide;
    }

    @Override
    public Collection<Item> items() {
        return TopicSettings.list().stream().map(this::item).toList();
    }

    private Item item(Setting setting) {
        List<Synonym> synonyms = new ArrayList<>(3);
        String own = own().get(setting.name());
        if (own != null) {
            synonyms.add(new Synonym(setting.name(), own, FROM_TOPIC));
        }
        String broker = setting.broker();
        if (broker != null) {
            String changed = brokerWide.get(broker);
            if (changed != null) {
                synonyms.add(new Synonym(broker, changed, FROM_BROKER));
            }
            synonyms.add(new Synonym(broker, setting.defaultValue(), FROM_DEFAULT));
        }
        Synonym first =
                synonyms.isEmpty()
                        ? new Synonym(setting.name(), setting.defaultValue(), FROM_DEFAULT)
                        : synonyms.getFirst();
        return new Item(
                setting.name(),
                first.value(),
                first.source(),
                false,
                setting.kind(),
                setting.documentation(),
                synonyms);
    }

    @Override
    public Map<String, String> own() {
        return topic.topic().spec().settings();
    }

    @Override
    public @Nullable Setting setting(String name) {
        return TopicSettings.find(name);
    }

    @Override
    public @Nullable String refusal(Map<String, String> settings) {
        return TopicSettings.refusal(settings);
    }

    @Override
    public CompletableFuture<?> replace(Map<String, String> settings) {
        return catalog.configure(topic, settings);
    }
}
