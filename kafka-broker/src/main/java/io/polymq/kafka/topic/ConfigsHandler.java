package io.polymq.kafka.topic;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.cluster.BrokerConfigResource;
import io.polymq.kafka.cluster.BrokerSettings;
import io.polymq.kafka.topic.ConfigResource.Lookup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfigCollection;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Serves DescribeConfigs, AlterConfigs and IncrementalAlterConfigs on topics, the broker and
 * groups. Connection zone.
 */
public final class ConfigsHandler {

    private static final byte TOPIC = 2;
    private static final byte BROKER = 4;
    private static final byte CLIENT_METRICS = 16;
    private static final byte GROUP = 32;

    private final TopicCatalog catalog;
    private final Access access;
    private final BrokerSettings broker;
    private final int brokerId;
    private final Supplier<CompletableFuture<?>> brokerChanged;
    private final BiFunction<String, String, CompletableFuture<Lookup>> groups;
    private final Function<String, CompletableFuture<List<String>>> configuredGroups;

    /**
     * @param brokerChanged carries a change of broker-wide settings through to the topics
     * @param groups finds a group's configuration by tenant and name
     * @param configuredGroups a tenant's groups that have settings of their own
     */
    public ConfigsHandler(
            TopicCatalog catalog,
            Access access,
            BrokerSettings broker,
            int brokerId,
            Supplier<CompletableFuture<?>> brokerChanged,
            BiFunction<String, String, CompletableFuture<Lookup>> groups,
            Function<String, CompletableFuture<List<String>>> configuredGroups) {
        this.catalog = catalog;
        this.access = access;
        this.broker = broker;
        this.brokerId = brokerId;
        this.brokerChanged = brokerChanged;
        this.groups = groups;
        this.configuredGroups = configuredGroups;
    }

    private CompletableFuture<Lookup> find(
            Exchange exchange, byte type, String name, Action action) {
        if (type == GROUP && access.group(exchange.client(), action, name)) {
            return groups.apply(exchange.client().tenant(), name);
        }
        return CompletableFuture.completedFuture(
                switch (type) {
                    case TOPIC -> topic(exchange, name, action);
                    case BROKER -> broker(exchange, name, action);
                    case GROUP ->
                            Lookup.refused(
                                    Errors.GROUP_AUTHORIZATION_FAILED,
                                    Errors.GROUP_AUTHORIZATION_FAILED.message());
                    default ->
                            Lookup.refused(
                                    Errors.INVALID_REQUEST,
                                    "Unsupported resource type " + type + ".");
                });
    }

    private Lookup topic(Exchange exchange, String name, Action action) {
        if (!access.topic(exchange.client(), action, name)) {
            return Lookup.refused(
                    Errors.TOPIC_AUTHORIZATION_FAILED, Errors.TOPIC_AUTHORIZATION_FAILED.message());
        }
        String refusal = TopicCatalog.nameRefusal(name);
        if (refusal != null) {
            return Lookup.refused(Errors.INVALID_TOPIC_EXCEPTION, refusal);
        }
        KafkaTopic topic = catalog.find(exchange.client().tenant(), name);
        return topic == null
                ? Lookup.refused(
                        Errors.UNKNOWN_TOPIC_OR_PARTITION,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION.message())
                : Lookup.found(new TopicConfigResource(catalog, topic, broker.values()));
    }

    private Lookup broker(Exchange exchange, String name, Action action) {
        if (!access.cluster(exchange.client(), action)) {
            return Lookup.refused(
                    Errors.CLUSTER_AUTHORIZATION_FAILED,
                    Errors.CLUSTER_AUTHORIZATION_FAILED.message());
        }
        if (!name.isEmpty() && !name.equals(Integer.toString(brokerId))) {
            return Lookup.refused(
                    Errors.INVALID_REQUEST,
                    "Unexpected broker id, expected "
                            + brokerId
                            + " or empty string, but received "
                            + name);
        }
        return Lookup.found(new BrokerConfigResource(broker, brokerChanged, name.isEmpty()));
    }

    public void describe(Exchange exchange) {
        DescribeConfigsRequestData request = exchange.body(DescribeConfigsRequestData.class);
        DescribeConfigsResponseData response = new DescribeConfigsResponseData();
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (DescribeConfigsResource asked : request.resources()) {
            DescribeConfigsResult result =
                    new DescribeConfigsResult()
                            .setResourceType(asked.resourceType())
                            .setResourceName(asked.resourceName());
            response.results().add(result);
            open.add(
                    find(
                                    exchange,
                                    asked.resourceType(),
                                    asked.resourceName(),
                                    Action.DESCRIBE_CONFIGS)
                            .thenAccept(found -> describe(found, asked, request, result)));
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private static void describe(
            Lookup found,
            DescribeConfigsResource asked,
            DescribeConfigsRequestData request,
            DescribeConfigsResult result) {
        ConfigResource resource = found.resource();
        if (resource == null) {
            result.setErrorCode(found.error().code()).setErrorMessage(found.message());
            return;
        }
        List<String> keys = asked.configurationKeys();
        for (ConfigResource.Item item : resource.items()) {
            if (keys == null || keys.isEmpty() || keys.contains(item.name())) {
                result.configs().add(describe(item, request));
            }
        }
    }

    private static DescribeConfigsResourceResult describe(
            ConfigResource.Item item, DescribeConfigsRequestData request) {
        DescribeConfigsResourceResult result =
                new DescribeConfigsResourceResult()
                        .setName(item.name())
                        .setValue(item.value())
                        .setReadOnly(item.readOnly())
                        .setConfigSource(item.source())
                        .setIsSensitive(false)
                        .setConfigType(item.kind().code());
        result.setDocumentation(request.includeDocumentation() ? item.documentation() : null);
        if (request.includeSynonyms()) {
            for (ConfigResource.Synonym synonym : item.synonyms()) {
                result.synonyms()
                        .add(
                                new DescribeConfigsSynonym()
                                        .setName(synonym.name())
                                        .setValue(synonym.value())
                                        .setSource(synonym.source()));
            }
        }
        return result;
    }

    /** The old way: what is not said goes back to its default. */
    public void alter(Exchange exchange) {
        AlterConfigsRequestData request = exchange.body(AlterConfigsRequestData.class);
        AlterConfigsResponseData response = new AlterConfigsResponseData();
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (AlterConfigsResource asked : request.resources()) {
            AlterConfigsResourceResponse result =
                    new AlterConfigsResourceResponse()
                            .setResourceType(asked.resourceType())
                            .setResourceName(asked.resourceName());
            response.responses().add(result);
            BiConsumer<Errors, @Nullable String> answer =
                    (error, message) -> result.setErrorCode(error.code()).setErrorMessage(message);
            open.add(
                    find(exchange, asked.resourceType(), asked.resourceName(), Action.ALTER_CONFIGS)
                            .thenCompose(
                                    found ->
                                            replace(found, asked, request.validateOnly(), answer)));
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private static CompletableFuture<?> replace(
            Lookup found,
            AlterConfigsResource asked,
            boolean validateOnly,
            BiConsumer<Errors, @Nullable String> answer) {
        Map<String, String> wanted = new HashMap<>();
        String refusal = null;
        for (AlterableConfig config : asked.configs()) {
            String value = config.value();
            if (value == null) {
                refusal = "Null value not supported for " + config.name();
            } else {
                wanted.put(config.name(), value);
            }
        }
        return change(
                found,
                wanted,
                refusal == null ? Errors.NONE : Errors.INVALID_REQUEST,
                refusal,
                validateOnly,
                answer);
    }

    private static CompletableFuture<?> change(
            Lookup found,
            Map<String, String> wanted,
            Errors early,
            @Nullable String earlyMessage,
            boolean validateOnly,
            BiConsumer<Errors, @Nullable String> answer) {
        ConfigResource resource = found.resource();
        if (resource == null) {
            answer.accept(found.error(), found.message());
            return CompletableFuture.completedFuture(null);
        }
        if (early != Errors.NONE) {
            answer.accept(early, earlyMessage);
            return CompletableFuture.completedFuture(null);
        }
        String refusal = resource.refusal(wanted);
        if (refusal != null) {
            answer.accept(Errors.INVALID_CONFIG, refusal);
            return CompletableFuture.completedFuture(null);
        }
        answer.accept(Errors.NONE, null);
        if (validateOnly) {
            return CompletableFuture.completedFuture(null);
        }
        return resource.replace(wanted)
                .handle(
                        (_, failure) -> {
                            if (failure != null) {
                                answer.accept(
                                        KafkaErrors.of(failure),
                                        Futures.cause(failure).getMessage());
                            }
                            return answer;
                        });
    }

    public void alterIncrementally(Exchange exchange) {
        IncrementalAlterConfigsRequestData request =
                exchange.body(IncrementalAlterConfigsRequestData.class);
        IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
        List<CompletableFuture<?>> open = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (var asked : request.resources()) {
            var result =
                    new IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse()
                            .setResourceType(asked.resourceType())
                            .setResourceName(asked.resourceName());
            response.responses().add(result);
            if (!seen.add(asked.resourceType() + "/" + asked.resourceName())) {
                result.setErrorCode(Errors.INVALID_REQUEST.code())
                        .setErrorMessage("Each resource must appear at most once.");
                continue;
            }
            BiConsumer<Errors, @Nullable String> answer =
                    (error, message) -> result.setErrorCode(error.code()).setErrorMessage(message);
            open.add(
                    find(exchange, asked.resourceType(), asked.resourceName(), Action.ALTER_CONFIGS)
                            .thenCompose(
                                    found ->
                                            change(
                                                    found,
                                                    new Increment(
                                                            found.resource(), asked.configs()),
                                                    request.validateOnly(),
                                                    answer)));
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private static CompletableFuture<?> change(
            Lookup found,
            Increment increment,
            boolean validateOnly,
            BiConsumer<Errors, @Nullable String> answer) {
        return change(
                found, increment.wanted, increment.error, increment.message, validateOnly, answer);
    }

    /** Which resources there are: topics, the broker, groups with settings of their own. */
    public void listResources(Exchange exchange) {
        ListConfigResourcesRequestData request =
                exchange.body(ListConfigResourcesRequestData.class);
        ListConfigResourcesResponseData response = new ListConfigResourcesResponseData();
        if (!access.cluster(exchange.client(), Action.DESCRIBE_CONFIGS)) {
            exchange.respond(response.setErrorCode(Errors.CLUSTER_AUTHORIZATION_FAILED.code()));
            return;
        }
        String tenant = exchange.client().tenant();
        List<Byte> types =
                exchange.version() == 0
                        ? List.of(CLIENT_METRICS)
                        : request.resourceTypes().isEmpty()
                                ? List.of(TOPIC, BROKER, GROUP)
                                : request.resourceTypes();
        for (byte type : types) {
            if (type != TOPIC && type != BROKER && type != GROUP && type != CLIENT_METRICS) {
                exchange.respond(response.setErrorCode(Errors.UNSUPPORTED_VERSION.code()));
                return;
            }
        }
        if (types.contains(TOPIC)) {
            catalog.list(tenant).forEach(topic -> add(response, topic.name(), TOPIC));
        }
        if (types.contains(BROKER)) {
            add(response, Integer.toString(brokerId), BROKER);
        }
        if (!types.contains(GROUP)) {
            exchange.respond(response);
            return;
        }
        CompletableFuture<Void> listed =
                configuredGroups
                        .apply(tenant)
                        .thenAccept(names -> names.forEach(name -> add(response, name, GROUP)));
        Futures.whenAll(exchange, List.of(listed), () -> exchange.respond(response));
    }

    private static void add(ListConfigResourcesResponseData response, String name, byte type) {
        response.configResources()
                .add(
                        new ListConfigResourcesResponseData.ConfigResource()
                                .setResourceName(name)
                                .setResourceType(type));
    }

    /** What a resource's own settings become. */
    private static final class Increment {

        private static final byte SET = 0;
        private static final byte DELETE = 1;
        private static final byte APPEND = 2;
        private static final byte SUBTRACT = 3;

        private final Map<String, String> wanted = new HashMap<>();
        private Errors error = Errors.NONE;
        private @Nullable String message;

        Increment(@Nullable ConfigResource resource, AlterableConfigCollection changes) {
            if (resource == null) {
                return;
            }
            wanted.putAll(resource.own());
            Set<String> names = new HashSet<>();
            for (var change : changes) {
                if (!names.add(change.name())) {
                    refuse(Errors.INVALID_REQUEST, "Error due to duplicate config keys");
                } else {
                    apply(resource, change.name(), change.configOperation(), change.value());
                }
            }
        }

        private void apply(ConfigResource of, String name, byte operation, @Nullable String value) {
            if (operation == DELETE) {
                if (of.setting(name) == null) {
                    refuse(Errors.INVALID_CONFIG, "Unknown config name: " + name);
                }
                wanted.remove(name);
            } else if (value == null) {
                refuse(Errors.INVALID_REQUEST, "Null value not supported for : " + name);
            } else if (operation == SET) {
                wanted.put(name, value);
            } else if (operation == APPEND || operation == SUBTRACT) {
                list(of, name, operation, value);
            } else {
                refuse(Errors.INVALID_REQUEST, "Unknown operation type " + operation);
            }
        }

        private void list(ConfigResource of, String name, byte operation, String value) {
            Setting setting = of.setting(name);
            if (setting == null || setting.kind() != Setting.Kind.LIST) {
                refuse(
                        Errors.INVALID_CONFIG,
                        "Can't "
                                + (operation == APPEND ? "APPEND" : "SUBTRACT")
                                + " to key "
                                + name
                                + " because its type is not LIST.");
                return;
            }
            Set<String> items =
                    new LinkedHashSet<>(
                            Setting.items(wanted.getOrDefault(name, setting.defaultValue())));
            if (operation == APPEND) {
                items.addAll(Setting.items(value));
            } else {
                items.removeAll(Setting.items(value));
            }
            wanted.put(name, String.join(",", items));
        }

        private void refuse(Errors why, String text) {
            if (error == Errors.NONE) {
                error = why;
                message = text;
            }
        }
    }
}
