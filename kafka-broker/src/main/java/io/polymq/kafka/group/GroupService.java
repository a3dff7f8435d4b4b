package io.polymq.kafka.group;

import io.polymq.core.security.Principal;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.topic.Topics;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.cluster.BrokerSettings;
import io.polymq.kafka.produce.EndOfTransaction;
import io.polymq.kafka.share.ShareSettings;
import io.polymq.kafka.topic.ConfigResource;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.meta.MetadataStore;
import io.polymq.storage.Shard;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.server.share.persister.Persister;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The group coordinators of all tenants, each started when it is first needed and beside what else
 * goes on, so that a broker's start does not wait for them. Any thread.
 */
public final class GroupService {

    private static final Logger LOG = LoggerFactory.getLogger(GroupService.class);
    private static final int PARTITIONS = 4;

    /** The coordinator's name for where it keeps offsets. */
    private static final String OFFSETS_TOPIC = "__consumer_offsets";

    private static final short TRANSACTION_VERSION = 2;
    private static final String SETTINGS = "kafka/settings/group/";

    private final Params params;
    private final Map<String, CompletableFuture<Groups>> tenants = new ConcurrentHashMap<>();
    private final List<BiConsumer<String, String>> configured = new CopyOnWriteArrayList<>();

    /**
     * What the coordinators are made of.
     *
     * @param shards opens a compacted shard by its name, or makes it
     * @param metadataVersion the feature level of the cluster
     * @param transactions tells which transaction goes on
     * @param blocking runs what blocks
     * @param shareStates a tenant's states of share groups
     * @param events hear of members of groups
     */
    public record Params(
            int brokerId,
            short metadataVersion,
            Function<String, Shard> shards,
            Topics topics,
            TopicCatalog catalog,
            MetadataStore metadata,
            OffsetTransactions transactions,
            InstantSource clock,
            Executor blocking,
            Function<String, Persister> shareStates,
            BrokerEvents events) {}

    public GroupService(Params params) {
        this.params = params;
    }

    /** Begins to start the coordinator that nearly everyone uses. */
    public void warmUp() {
        of(Principal.DEFAULT_TENANT);
    }

    CompletableFuture<Groups> of(String tenant) {
        return tenants.computeIfAbsent(
                tenant,
                _ ->
                        CompletableFuture.supplyAsync(() -> start(tenant), params.blocking())
                                .thenCompose(groups -> configured(tenant, groups))
                                .whenComplete(
                                        (_, failure) -> {
                                            if (failure != null) {
                                                LOG.error("groups cannot be served", failure);
                                            }
                                        }));
    }

    private Groups start(String tenant) {
        List<Shard> shards = new ArrayList<>();
        String prefix =
                tenant.equals(Principal.DEFAULT_TENANT)
                        ? "kafka.groups."
                        : "kafka.groups." + tenant + ".";
        for (int partition = 0; partition < PARTITIONS; partition++) {
            shards.add(params.shards().apply(prefix + partition));
        }
        return Groups.start(
                new Groups.Params(
                        tenant,
                        params.brokerId(),
                        shards,
                        params.topics(),
                        params.catalog(),
                        params.metadataVersion(),
                        params.transactions(),
                        params.clock(),
                        params.blocking(),
                        params.shareStates().apply(tenant),
                        params.events()));
    }

    private CompletableFuture<Groups> configured(String tenant, Groups groups) {
        String prefix = SETTINGS + tenant + "/";
        return params.metadata()
                .range(prefix)
                .thenApply(
                        range -> {
                            range.entries()
                                    .forEach(
                                            entry ->
                                                    groups.configure(
                                                            entry.key().substring(prefix.length()),
                                                            BrokerSettings.decode(entry.value())));
                            return groups;
                        });
    }

    /** A group's configuration, once it has been read. */
    public CompletableFuture<ConfigResource.Lookup> find(String tenant, String group) {
        if (group.isEmpty()) {
            return CompletableFuture.completedFuture(
                    ConfigResource.Lookup.refused(
                            Errors.INVALID_REQUEST, "Default group resources are not allowed."));
        }
        return of(tenant)
                .thenCombine(
                        settings(tenant, group),
                        (groups, own) ->
                                ConfigResource.Lookup.found(
                                        new GroupConfigResource(this, groups, tenant, group, own)));
    }

    /** The groups that have settings of their own. */
    public CompletableFuture<List<String>> configured(String tenant) {
        String prefix = SETTINGS + tenant + "/";
        return params.metadata()
                .range(prefix)
                .thenApply(
                        range ->
                                range.entries().stream()
                                        .map(entry -> entry.key().substring(prefix.length()))
                                        .toList());
    }

    /** A group's own settings. */
    private CompletableFuture<Map<String, String>> settings(String tenant, String group) {
        return params.metadata()
                .get(SETTINGS + tenant + "/" + group)
                .thenApply(
                        entry ->
                                entry.isPresent()
                                        ? BrokerSettings.decode(entry.value())
                                        : Map.of());
    }

    CompletableFuture<Void> configure(String tenant, String group, Map<String, String> settings) {
        String key = SETTINGS + tenant + "/" + group;
        return (settings.isEmpty()
                        ? params.metadata().delete(key)
                        : params.metadata().put(key, BrokerSettings.encode(settings)))
                .thenCompose(_ -> of(tenant))
                .thenAccept(
                        groups -> {
                            groups.configure(group, settings);
                            configured.forEach(listener -> listener.accept(tenant, group));
                        });
    }

    /** Is told of groups that got other settings, by tenant and name. */
    public void onConfigured(BiConsumer<String, String> listener) {
        configured.add(listener);
    }

    /** How a share group deals with records. */
    public CompletableFuture<ShareSettings> shareSettings(String tenant, String group) {
        return of(tenant).thenApply(groups -> groups.shareSettings(group));
    }

    /**
     * Has the coordinator do something and answers with what comes of it.
     *
     * @param refused makes the answer when the coordinator cannot
     */
    <T> void ask(
            Exchange exchange,
            BiFunction<GroupCoordinator, RequestContext, CompletableFuture<T>> work,
            Function<T, ApiMessage> answer,
            Function<Errors, ApiMessage> refused) {
        ask(
                exchange,
                work,
                (result, error) ->
                        exchange.respond(
                                result == null ? refused.apply(error) : answer.apply(result)));
    }

    <T> void ask(
            Exchange exchange,
            BiFunction<GroupCoordinator, RequestContext, CompletableFuture<T>> work,
            BiConsumer<@Nullable T, Errors> then) {
        of(exchange.client().tenant())
                .thenCompose(
                        groups -> work.apply(groups.coordinator(), new RequestContext(exchange)))
                .whenComplete(
                        (result, failure) -> {
                            try {
                                then.accept(
                                        result,
                                        failure == null ? Errors.NONE : KafkaErrors.of(failure));
                            } catch (RuntimeException broken) {
                                exchange.fail(broken);
                            }
                        });
    }

    /** The coordinator's partition that a group belongs to. */
    public int partitionOf(String group) {
        return Utils.abs(group.hashCode()) % PARTITIONS;
    }

    /** Ends a transaction for the offsets that a partition's groups committed in it. */
    public CompletableFuture<Void> endTransaction(
            String tenant, int partition, EndOfTransaction end) {
        return of(tenant)
                .thenCompose(
                        groups ->
                                groups.coordinator()
                                        .completeTransaction(
                                                new TopicPartition(OFFSETS_TOPIC, partition),
                                                end.producerId(),
                                                end.epoch(),
                                                end.coordinatorEpoch(),
                                                TransactionResult.forId(end.commit()),
                                                TRANSACTION_VERSION));
    }

    /** Ends the coordinators; what they have answered is stored. */
    public void close() {
        for (CompletableFuture<Groups> starting : tenants.values()) {
            starting.thenAccept(Groups::close);
        }
    }
}
