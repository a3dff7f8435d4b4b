package io.polymq.kafka.cluster;

import io.polymq.kafka.topic.ConfigResource;
import io.polymq.kafka.topic.Setting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The broker's configuration; changes are for the whole cluster, which has one broker. */
public final class BrokerConfigResource implements ConfigResource {

    private static final byte FROM_CHANGE = 3;
    private static final byte FROM_START = 4;
    private static final byte FROM_DEFAULT = 5;

    private final BrokerSettings settings;
    private final Supplier<CompletableFuture<?>> changed;
    private final boolean onlyChanges;

    /**
     * @param changed carries a change through to the topics
     * @param onlyChanges whether only what was changed is listed (the cluster-wide default)
     */
    public BrokerConfigResource(
            BrokerSettings settings, Supplier<CompletableFuture<?>> changed, boolean onlyChanges) {
        this.settings = settings;
        this.changed = changed;
        this.onlyChanges = onlyChanges;
    }

    @Override
    public Collection<Item> items() {
        List<Item> items = new ArrayList<>();
        for (Setting setting : settings.dynamic().values()) {
            String own = settings.values().get(setting.name());
            List<Synonym> synonyms = new ArrayList<>(2);
            if (own != null) {
                synonyms.add(new Synonym(setting.name(), own, FROM_CHANGE));
            } else if (onlyChanges) {
                continue;
            }
            synonyms.add(new Synonym(setting.name(), setting.defaultValue(), FROM_DEFAULT));
            items.add(
                    new Item(
                            setting.name(),
                            synonyms.getFirst().value(),
                            synonyms.getFirst().source(),
                            false,
                            setting.kind(),
                            setting.documentation(),
                            synonyms));
        }
        if (!onlyChanges) {
            settings.fixed().forEach((name, value) -> items.add(fixed(name, value)));
        }
        return items;
    }

    private static Item fixed(String name, String value) {
        return new Item(
                name,
                value,
                FROM_START,
                true,
                Setting.Kind.STRING,
                "Given when the broker was started.",
                List.of(new Synonym(name, value, FROM_START)));
    }

    @Override
    public Map<String, String> own() {
        return settings.values();
    }

    @Override
    public @Nullable Setting setting(String name) {
        return settings.dynamic().get(name);
    }

    @Override
    public @Nullable String refusal(Map<String, String> wanted) {
        return settings.refusal(wanted);
    }

    @Override
    public CompletableFuture<?> replace(Map<String, String> wanted) {
        return settings.replace(wanted).thenCompose(_ -> changed.get());
    }
}
