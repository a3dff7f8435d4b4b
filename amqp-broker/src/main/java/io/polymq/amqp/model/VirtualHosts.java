package io.polymq.amqp.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.DefinitionStore.Stored;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.security.Principal;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All virtual hosts. The host {@code /} is the core's default tenant and always exists; every other
 * one is the tenant of its name. Shared.
 */
public final class VirtualHosts {

    /** The host that clients open when they name none. */
    public static final String DEFAULT = "/";

    private static final Logger LOG = LoggerFactory.getLogger(VirtualHosts.class);

    private final ModelParams params;
    private final DefinitionStore store;
    private final Map<String, VirtualHost> hosts = new ConcurrentSkipListMap<>();
    private final Map<String, VirtualHost> byTenant = new ConcurrentHashMap<>();
    private final Publisher delayed;
    private final GlobalParameters globalParameters;
    private final UserLimits userLimits;

    private VirtualHosts(ModelParams params) {
        this.params = params;
        this.store = new DefinitionStore(params.metadata());
        this.delayed = new Publisher(params);
        this.globalParameters = new GlobalParameters(store);
        this.userLimits = new UserLimits(store);
    }

    /** Completes when everything that is defined is there again. */
    public static CompletableFuture<VirtualHosts> open(ModelParams params) {
        VirtualHosts hosts = new VirtualHosts(params);
        hosts.add(DEFAULT, HostLimits.NONE);
        return hosts.store
                .load()
                .thenCompose(hosts::restore)
                .thenApply(
                        done -> {
                            params.delayed().handle(Walk.DELAYED_KIND, hosts::due);
                            params.topics().listen(hosts.new TopicWatch());
                            return hosts;
                        });
    }

    /** The tenant of a host's name: tenants have no slash. */
    public static String tenantOf(String host) {
        return host.equals(DEFAULT)
                ? Principal.DEFAULT_TENANT
                : host.replace("%", "%25").replace("/", "%2F");
    }

    /** The name of the host that is a tenant. */
    public static String hostOf(String tenant) {
        return tenant.equals(Principal.DEFAULT_TENANT)
                ? DEFAULT
                : tenant.replace("%2F", "/").replace("%25", "%");
    }

    private VirtualHost add(String name, HostLimits limits) {
        return hosts.computeIfAbsent(
                name,
                absent -> {
                    VirtualHost host = new VirtualHost(name, tenantOf(name), limits, params, store);
                    byTenant.put(host.tenant(), host);
                    return host;
                });
    }

    /** Null when there is none. */
    public @Nullable VirtualHost find(String name) {
        return hosts.get(name);
    }

    /** The host that is this tenant of the core; null when it has none. */
    public @Nullable VirtualHost ofTenant(String tenant) {
        return byTenant.get(tenant);
    }

    public Collection<VirtualHost> all() {
        return hosts.values();
    }

    public UserLimits userLimits() {
        return userLimits;
    }

    public GlobalParameters globalParameters() {
        return globalParameters;
    }

    /** Adds it, or gives the one of that name new limits. */
    public CompletableFuture<VirtualHost> put(String name, HostLimits limits) {
        VirtualHost host = add(name, limits);
        host.limits(limits);
        return store.put(
                        DefinitionStore.Kind.HOST,
                        Map.of(
                                "description", limits.description(),
                                "max-connections", limits.maxConnections(),
                                "max-queues", limits.maxQueues(),
                                "default_queue_type", limits.defaultQueueType()),
                        name)
                .thenApply(done -> host);
    }

    /** Deletes it with everything in it; false when there is none, or it must stay. */
    public CompletableFuture<Boolean> delete(String name) {
        VirtualHost host = name.equals(DEFAULT) ? null : hosts.remove(name);
        if (host == null) {
            return CompletableFuture.completedFuture(false);
        }
        byTenant.remove(host.tenant());
        List<CompletableFuture<Void>> done = new ArrayList<>();
        done.add(host.clear());
        host.policies()
                .all()
                .forEach(
                        p -> done.add(host.policies().delete(p.name(), false).thenAccept(b -> {})));
        host.policies()
                .ofOperator()
                .forEach(p -> done.add(host.policies().delete(p.name(), true).thenAccept(b -> {})));
        done.add(store.delete(DefinitionStore.Kind.HOST, name));
        return VirtualHost.all(done).thenApply(all -> true);
    }

    /** One for a thread that publishes. */
    public Publisher newPublisher() {
        return new Publisher(params);
    }

    // What was defined before.

    private CompletableFuture<Void> restore(List<Stored> definitions) {
        List<CompletableFuture<Void>> opened = new ArrayList<>();
        for (Stored stored : definitions) {
            switch (stored.kind()) {
                case HOST -> add(stored.path().getFirst(), limits(stored.value()));
                case POLICY -> policy(stored, false);
                case OPERATOR_POLICY -> policy(stored, true);
                case PARAMETER ->
                        globalParameters.known(
                                stored.path().getFirst(), stored.value().path("value"));
                case USER_LIMITS -> userLimits.known(stored.path().getFirst(), stored.value());
                case EXCHANGE, QUEUE, BINDING -> {}
            }
        }
        for (Stored stored : definitions) {
            VirtualHost host = hosts.get(stored.path().getFirst());
            if (host == null) {
                continue;
            }
            switch (stored.kind()) {
                case EXCHANGE -> exchange(host, stored);
                case QUEUE -> opened.add(queue(host, stored));
                case HOST, BINDING, POLICY, OPERATOR_POLICY, PARAMETER, USER_LIMITS -> {}
            }
        }
        return VirtualHost.all(opened)
                .thenAccept(
                        done -> {
                            definitions.stream()
                                    .filter(d -> d.kind() == DefinitionStore.Kind.BINDING)
                                    .forEach(this::binding);
                            hosts.values().forEach(VirtualHost::applyPolicies);
                        });
    }

    private static HostLimits limits(JsonNode value) {
        return new HostLimits(
                value.path("description").asText(""),
                value.path("max-connections").asInt(-1),
                value.path("max-queues").asInt(-1),
                value.path("default_queue_type").asText(""));
    }

    private void policy(Stored stored, boolean operator) {
        VirtualHost host = hosts.get(stored.path().getFirst());
        if (host == null) {
            return;
        }
        JsonNode value = stored.value();
        Map<String, Object> definition = new LinkedHashMap<>();
        store.arguments(value.get("definition"))
                .values()
                .forEach(
                        (name, one) -> {
                            if (one != null) {
                                definition.put(name, one);
                            }
                        });
        host.policies()
                .known(
                        Policy.of(
                                stored.path().get(1),
                                value.path("pattern").asText(""),
                                Policy.ApplyTo.of(value.path("apply-to").asText("all")),
                                value.path("priority").asInt(),
                                definition),
                        operator);
    }

    private void exchange(VirtualHost host, Stored stored) {
        JsonNode value = stored.value();
        ExchangeType type = ExchangeType.of(value.path("type").asText(""));
        if (type == null) {
            LOG.atWarn()
                    .addKeyValue("exchange", stored.path().get(1))
                    .log("an exchange of an unknown type is left out");
            return;
        }
        host.known(
                new ExchangeSpec(
                        stored.path().get(1),
                        type,
                        true,
                        value.path("auto_delete").asBoolean(),
                        value.path("internal").asBoolean(),
                        store.arguments(value.get("arguments"))));
    }

    private CompletableFuture<Void> queue(VirtualHost host, Stored stored) {
        JsonNode value = stored.value();
        String name = stored.path().get(1);
        Arguments arguments = store.arguments(value.get("arguments"));
        QueueDefinition definition =
                new QueueDefinition(
                        name,
                        QueueArguments.type(name, host.name(), arguments),
                        true,
                        false,
                        value.path("auto_delete").asBoolean(),
                        arguments);
        return host.queues()
                .open(definition, 0)
                .handle(
                        (queue, failure) -> {
                            if (failure != null) {
                                LOG.atError()
                                        .addKeyValue("queue", name)
                                        .addKeyValue("vhost", host.name())
                                        .setCause(failure)
                                        .log("a queue cannot be opened and is left out");
                            }
                            return null;
                        });
    }

    private void binding(Stored stored) {
        List<String> path = stored.path();
        VirtualHost host = hosts.get(path.getFirst());
        Exchange source = host == null ? null : host.exchange(path.get(1));
        boolean toExchange = path.get(2).equals("e");
        Destination target =
                host == null
                        ? null
                        : toExchange ? host.exchange(path.get(3)) : host.queues().find(path.get(3));
        if (host == null || source == null || target == null) {
            LOG.atWarn()
                    .addKeyValue("binding", path)
                    .log("a binding whose ends are not there is left out");
            return;
        }
        host.known(
                source,
                new Binding(
                        path.get(1),
                        path.get(3),
                        toExchange,
                        stored.value().path("key").asText(""),
                        store.arguments(stored.value().get("arguments"))),
                target);
    }

    /** A topic that goes takes its stream with it. */
    private final class TopicWatch implements Topics.Listener {
        @Override
        public void created(Topic topic) {
            // a stream once someone asks for it
        }

        @Override
        public void altered(Topic before, Topic now) {
            // limits are the topic's own matter
        }

        @Override
        public void deleted(Topic topic) {
            VirtualHost host = byTenant.get(topic.tenant());
            if (host != null) {
                host.queues().forget(topic);
            }
        }
    }

    // Delayed messages.

    /** In the shard zone of the delayed messages. */
    private void due(String tenant, KeptMessage message, long at, Receipt receipt) {
        VirtualHost host = byTenant.get(tenant);
        Envelope envelope = Envelope.of(message);
        if (host == null || envelope == null) {
            return;
        }
        Map<String, @Nullable Object> annotations = new LinkedHashMap<>(envelope.allAnnotations());
        Object where = annotations.remove(Walk.DELAYED_AT);
        Exchange exchange = where instanceof String name ? host.exchange(name) : null;
        if (exchange == null) {
            return;
        }
        KeptMessage ready = Foreign.annotated(message, envelope, annotations, envelope.flags());
        delayed.resume(
                exchange, envelope.routingKey(), ready.lendTo(new Message()).receipt(receipt));
    }
}
