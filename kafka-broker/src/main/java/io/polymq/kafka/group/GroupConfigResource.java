package io.polymq.kafka.group;

import io.polymq.kafka.topic.ConfigResource;
import io.polymq.kafka.topic.Setting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.jspecify.annotations.Nullable;

/** A group's configuration, with the keys that the coordinator knows. */
final class GroupConfigResource implements ConfigResource {

    private static final byte FROM_GROUP = 8;
    private static final byte FROM_DEFAULT = 5;

    private final GroupService service;
    private final Groups groups;
    private final String tenant;
    private final String group;
    private final Map<String, String> own;

    GroupConfigResource(
            GroupService service,
            Groups groups,
            String tenant,
            String group,
            Map<String, String> own) {
        this.service = service;
        this.groups = groups;
        this.tenant = tenant;
        this.group = group;
        this.own = own;
    }

    @Override
    public Collection<Item> items() {
        List<Item> items = new ArrayList<>();
        for (String name : GroupConfig.configNames().stream().sorted().toList()) {
            if (GroupConfig.isInternal(name)) {
                continue;
            }
            List<Synonym> synonyms = new ArrayList<>(2);
            String mine = own.get(name);
            if (mine != null) {
                synonyms.add(new Synonym(name, mine, FROM_GROUP));
            }
            synonyms.add(new Synonym(name, groups.defaultOf(name), FROM_DEFAULT));
            items.add(
                    new Item(
                            name,
                            synonyms.getFirst().value(),
                            synonyms.getFirst().source(),
                            false,
                            kind(name),
                            documentation(name),
                            synonyms));
        }
        return items;
    }

    private static Setting.Kind kind(String name) {
        return switch (GroupConfig.configType(name).orElse(ConfigDef.Type.STRING)) {
            case BOOLEAN -> Setting.Kind.BOOLEAN;
            case INT, SHORT -> Setting.Kind.INT;
            case LONG -> Setting.Kind.LONG;
            case DOUBLE -> Setting.Kind.DOUBLE;
            case LIST -> Setting.Kind.LIST;
            case STRING, CLASS, PASSWORD -> Setting.Kind.STRING;
        };
    }

    private static String documentation(String name) {
        ConfigDef.ConfigKey key = GroupConfig.CONFIG_DEF.configKeys().get(name);
        return key == null || key.documentation == null ? "" : key.documentation;
    }

    @Override
    public Map<String, String> own() {
        return own;
    }

    @Override
    public @Nullable Setting setting(String name) {
        return GroupConfig.configNames().contains(name)
                ? new Setting(
                        name,
                        kind(name),
                        "",
                        -Double.MAX_VALUE,
                        Double.MAX_VALUE,
                        Set.of(),
                        null,
                        documentation(name))
                : null;
    }

    @Override
    public @Nullable String refusal(Map<String, String> settings) {
        return groups.refusal(settings);
    }

    @Override
    public CompletableFuture<?> replace(Map<String, String> settings) {
        return service.configure(tenant, group, settings);
    }
}
