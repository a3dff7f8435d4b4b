package io.polymq.amqp.model;

import static io.polymq.amqp.model.DefinitionStore.Kind.BINDING;
import static io.polymq.amqp.model.DefinitionStore.Kind.EXCHANGE;

import io.polymq.core.router.Router;
import io.polymq.core.service.Allowance;
import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.BrokerEvents;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A name space of exchanges, queues and bindings; a tenant of the core. Lookups are for any thread
 * and take no lock. A change takes the host's lock for as long as it takes in memory, is seen at
 * once, and completes when a durable definition is safe.
 */
public final class VirtualHost {

    /** The exchange that is the tenant's space of subjects: its bindings are subscriptions. */
    public static final String AMQ_TOPIC = "amq.topic";

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final String name;
    private final String tenant;
    private final ModelParams params;
    private final DefinitionStore store;
    private final Allowance allowance;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Exchange> exchanges = new ConcurrentHashMap<>();
    private final Map<Bound, Router.Subscription> subscriptions = new ConcurrentHashMap<>();
    private final HostQueues queues;
    private final Policies policies;
    private final ReplyAddresses replies;
    private final Set<Long> connections = ConcurrentHashMap.newKeySet();
    private volatile HostLimits limits;
    private volatile int generation;

    VirtualHost(
            String name,
            String tenant,
            HostLimits limits,
            ModelParams params,
            DefinitionStore store) {
        this.name = name;
        this.tenant = tenant;
        this.limits = limits;
        this.params = params;
        this.store = store;
        this.allowance = params.tenants().allowance(tenant);
        this.queues = new HostQueues(this, params, store);
        this.policies = new Policies(this, store);
        this.replies = new ReplyAddresses();
        predeclare();
    }

    private void predeclare() {
        known(ExchangeSpec.of("", ExchangeType.DIRECT));
        known(ExchangeSpec.of("amq.direct", ExchangeType.DIRECT));
        known(ExchangeSpec.of("amq.fanout", ExchangeType.FANOUT));
        known(ExchangeSpec.of("amq.headers", ExchangeType.HEADERS));
        known(ExchangeSpec.of("amq.match", ExchangeType.HEADERS));
        known(ExchangeSpec.of(AMQ_TOPIC, ExchangeType.TOPIC));
        known(
                new ExchangeSpec(
                        "amq.rabbitmq.trace",
                        ExchangeType.TOPIC,
                        true,
                        false,
                        true,
                        Arguments.NONE));
    }

    public String name() {
        return name;
    }

    /** The core's name of it. */
    public String tenant() {
        return tenant;
    }

    /** Whether more may be stored in it. */
    public Allowance allowance() {
        return allowance;
    }

    /** A consumer of a queue of its has come; events say so. */
    void subscribed(AmqpQueue.Consumer consumer, String queue) {
        BrokerEvents events = params.events();
        if (events != null && events.isHeard()) {
            events.tell(
                    new BrokerEvent.Subscribed(params.clock().millis(), consumer.client(), queue));
        }
    }

    void unsubscribed(AmqpQueue.Consumer consumer, String queue) {
        BrokerEvents events = params.events();
        if (events != null && events.isHeard()) {
            events.tell(
                    new BrokerEvent.Unsubscribed(
                            params.clock().millis(), consumer.client(), queue));
        }
    }

    public HostQueues queues() {
        return queues;
    }

    public Policies policies() {
        return policies;
    }

    public ReplyAddresses replies() {
        return replies;
    }

    public HostLimits limits() {
        return limits;
    }

    void limits(HostLimits now) {
        limits = now;
    }

    /** A connection opens the host; false when there may be no more. */
    public boolean enter(long connection) {
        int most = limits.maxConnections();
        connections.add(connection);
        if (most >= 0 && connections.size() > most) {
            connections.remove(connection);
            return false;
        }
        return true;
    }

    /** A connection is gone. */
    public void left(long connection) {
        connections.remove(connection);
    }

    ModelParams params() {
        return params;
    }

    ReentrantLock lock() {
        return lock;
    }

    /** Changes with every change of what routes depend on. */
    int generation() {
        return generation;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock alone
    void changed() {
        generation++;
    }

    /** Null when there is none. */
    public @Nullable Exchange exchange(String exchange) {
        return exchanges.get(exchange);
    }

    /**
     * @throws ModelException when there is none
     */
    public Exchange requireExchange(String exchange) {
        Exchange found = exchanges.get(exchange);
        if (found == null) {
            throw Faults.noExchange(exchange, name);
        }
        return found;
    }

    public Collection<Exchange> exchanges() {
        return Collections.unmodifiableCollection(exchanges.values());
    }

    /** Declares it, or finds that it is there and the same. */
    public CompletableFuture<Void> declare(ExchangeSpec spec) {
        refuseDefault(spec.name());
        lock.lock();
        try {
            Exchange there = exchanges.get(spec.name());
            if (there != null) {
                checkSame(there.spec(), spec);
                return DONE;
            }
            if (spec.name().startsWith("amq.")) {
                throw reserved("exchange", spec.name());
            }
            if (spec.type() == ExchangeType.DELAYED_MESSAGE) {
                checkDelayed(spec.arguments());
            }
            known(spec);
            changed();
            return spec.durable() ? save(spec) : DONE;
        } finally {
            lock.unlock();
        }
    }

    private CompletableFuture<Void> save(ExchangeSpec spec) {
        return store.put(
                EXCHANGE,
                Map.of(
                        "type", spec.type().word(),
                        "auto_delete", spec.autoDelete(),
                        "internal", spec.internal(),
                        "arguments", spec.arguments().values()),
                name,
                spec.name());
    }

    private static void checkDelayed(Arguments arguments) {
        String inner = arguments.text("x-delayed-type");
        ExchangeType type = inner == null ? null : ExchangeType.of(inner);
        if (type == null || type == ExchangeType.DELAYED_MESSAGE) {
            throw ModelException.precondition(
                    "Invalid argument, 'x-delayed-type' must be an existing exchange type");
        }
    }

    void known(ExchangeSpec spec) {
        Matcher matcher = Matcher.of(spec.type(), spec.arguments(), params.random());
        History history =
                spec.type() == ExchangeType.RECENT_HISTORY ? History.of(spec.arguments()) : null;
        Exchange exchange = new Exchange(this, spec, matcher, history);
        exchanges.put(spec.name(), exchange);
        applyPolicy(exchange);
    }

    private void checkSame(ExchangeSpec current, ExchangeSpec received) {
        String what = Faults.exchange(current.name(), name);
        if (current.type() != received.type()) {
            throw ModelException.precondition(
                    "inequivalent arg 'type' for "
                            + what
                            + ": received '"
                            + received.type().word()
                            + "' but current is '"
                            + current.type().word()
                            + "'");
        }
        Faults.same(what, "durable", received.durable(), current.durable());
        Faults.same(what, "auto_delete", received.autoDelete(), current.autoDelete());
        Faults.same(what, "internal", received.internal(), current.internal());
        for (String argument : List.of("alternate-exchange", "x-delayed-type")) {
            Faults.same(
                    what,
                    argument,
                    received.arguments().get(argument),
                    current.arguments().get(argument));
        }
    }

    static ModelException reserved(String kind, String name) {
        return new ModelException(
                ModelException.Kind.ACCESS_REFUSED,
                kind + " name '" + name + "' contains reserved prefix 'amq.*'");
    }

    private static void refuseDefault(String exchange) {
        if (exchange.isEmpty()) {
            throw new ModelException(
                    ModelException.Kind.ACCESS_REFUSED,
                    "operation not permitted on the default exchange");
        }
    }

    /** Deletes it with its bindings; nothing happens when there is none. */
    public CompletableFuture<Void> deleteExchange(String exchange, boolean ifUnused) {
        refuseDefault(exchange);
        if (exchange.startsWith("amq.")) {
            throw new ModelException(
                    ModelException.Kind.ACCESS_REFUSED,
                    "deletion of system " + Faults.exchange(exchange, name) + " not allowed");
        }
        lock.lock();
        try {
            Exchange there = exchanges.get(exchange);
            if (there == null) {
                return DONE;
            }
            if (ifUnused && there.hasBindings()) {
                throw ModelException.precondition(Faults.exchange(exchange, name) + " in use");
            }
            return remove(there);
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. */
    private CompletableFuture<Void> remove(Exchange exchange) {
        exchanges.remove(exchange.name());
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (Binding binding : List.copyOf(exchange.bindings())) {
            done.add(removeBinding(exchange, binding));
        }
        for (Exchange source : List.copyOf(exchanges.values())) {
            for (Binding binding : List.copyOf(source.bindings())) {
                if (binding.toExchange() && binding.destination().equals(exchange.name())) {
                    done.add(removeBinding(source, binding));
                    done.add(removeIfUnused(source));
                }
            }
        }
        changed();
        if (exchange.spec().durable()) {
            done.add(store.delete(EXCHANGE, name, exchange.name()));
        }
        return all(done);
    }

    private CompletableFuture<Void> removeIfUnused(Exchange source) {
        return source.spec().autoDelete()
                        && !source.hasBindings()
                        && exchanges.get(source.name()) == source
                ? remove(source)
                : DONE;
    }

    static CompletableFuture<Void> all(List<CompletableFuture<Void>> futures) {
        return futures.isEmpty()
                ? DONE
                : CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new));
    }

    // Bindings.

    /** Binds; nothing changes when it is bound so already. */
    public CompletableFuture<Void> bind(Binding binding, long connection) {
        refuseDefault(binding.source());
        if (binding.toExchange()) {
            refuseDefault(binding.destination());
        }
        lock.lock();
        try {
            Destination target = destination(binding, connection);
            Exchange source = requireExchange(binding.source());
            if (source.find(binding) != null) {
                return DONE;
            }
            checkKey(source.spec(), binding);
            known(source, binding, target);
            changed();
            if (source.history() != null && target instanceof AmqpQueue queue) {
                source.history().all().forEach(kept -> queue.put(kept, null));
            }
            return isDurable(source, target) ? save(binding) : DONE;
        } finally {
            lock.unlock();
        }
    }

    private Destination destination(Binding binding, long connection) {
        if (binding.toExchange()) {
            return requireExchange(binding.destination());
        }
        AmqpQueue queue = queues.require(binding.destination());
        queue.checkAccess(connection);
        return queue;
    }

    private static void checkKey(ExchangeSpec source, Binding binding) {
        ExchangeType type = source.type();
        String inner = source.arguments().text("x-delayed-type");
        if (type == ExchangeType.DELAYED_MESSAGE && inner != null) {
            ExchangeType within = ExchangeType.of(inner);
            type = within == null ? type : within;
        }
        String fault =
                switch (type) {
                    case HEADERS -> HeadersMatcher.fault(binding.arguments());
                    case CONSISTENT_HASH -> HashMatcher.fault(binding.key());
                    default -> null;
                };
        if (fault != null) {
            throw ModelException.precondition(fault);
        }
    }

    void known(Exchange source, Binding binding, Destination target) {
        Bound bound = new Bound(binding, target);
        source.add(bound);
        if (source.isSubjectSpace()) {
            subscriptions.put(
                    bound,
                    params.router()
                            .space(tenant)
                            .subscribe(
                                    TopicMatcher.filter(binding.key()),
                                    null,
                                    false,
                                    new SubjectSink(this, target)));
        }
        if (target instanceof AmqpQueue queue) {
            queue.bound().add(bound);
        }
    }

    private static boolean isDurable(Exchange source, Destination target) {
        return source.spec().durable()
                && switch (target) {
                    case AmqpQueue queue ->
                            queue.definition().durable() && !queue.definition().exclusive();
                    case Exchange exchange -> exchange.spec().durable();
                };
    }

    private CompletableFuture<Void> save(Binding binding) {
        return store.put(
                BINDING,
                Map.of("key", binding.key(), "arguments", binding.arguments().values()),
                path(binding));
    }

    private String[] path(Binding binding) {
        return new String[] {
            name,
            binding.source(),
            binding.toExchange() ? "e" : "q",
            binding.destination(),
            binding.key(),
            Integer.toUnsignedString(binding.arguments().hashCode(), 36)
        };
    }

    /** Nothing happens when it is not bound so. */
    public CompletableFuture<Void> unbind(Binding binding, long connection) {
        refuseDefault(binding.source());
        lock.lock();
        try {
            Exchange source = exchanges.get(binding.source());
            if (source == null || source.find(binding) == null) {
                return DONE;
            }
            if (!binding.toExchange()) {
                AmqpQueue queue = queues.find(binding.destination());
                if (queue != null) {
                    queue.checkAccess(connection);
                }
            }
            CompletableFuture<Void> done = removeBinding(source, binding);
            changed();
            return all(List.of(done, removeIfUnused(source)));
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. */
    private CompletableFuture<Void> removeBinding(Exchange source, Binding binding) {
        Bound bound = source.remove(binding);
        if (bound == null) {
            return DONE;
        }
        Router.Subscription subscription = subscriptions.remove(bound);
        if (subscription != null) {
            subscription.close();
        }
        if (bound.target() instanceof AmqpQueue queue) {
            queue.bound().remove(bound);
        }
        return isDurable(source, bound.target()) ? store.delete(BINDING, path(binding)) : DONE;
    }

    /** Under the lock: a queue's bindings go with it. */
    CompletableFuture<Void> unbindAll(AmqpQueue queue) {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (Bound bound : List.copyOf(queue.bound())) {
            Exchange source = exchanges.get(bound.binding().source());
            if (source != null) {
                done.add(removeBinding(source, bound.binding()));
                done.add(removeIfUnused(source));
            }
        }
        if (!done.isEmpty()) {
            changed();
        }
        return all(done);
    }

    /** Whether it is there after a restart. */
    public boolean isDurable(Binding binding) {
        Exchange source = exchanges.get(binding.source());
        Bound bound = source == null ? null : source.find(binding);
        return source != null && bound != null && isDurable(source, bound.target());
    }

    /** Every binding but those of the default exchange. */
    public List<Binding> bindings() {
        List<Binding> all = new ArrayList<>();
        exchanges.values().forEach(exchange -> all.addAll(exchange.bindings()));
        return all;
    }

    // Policies.

    void applyPolicies() {
        lock.lock();
        try {
            exchanges.values().forEach(this::applyPolicy);
            queues.applyPolicies();
            changed();
        } finally {
            lock.unlock();
        }
    }

    private void applyPolicy(Exchange exchange) {
        Policy policy = policies.forExchange(exchange.name());
        String argument = exchange.spec().arguments().text("alternate-exchange");
        Object wanted = policy == null ? null : policy.definition().get("alternate-exchange");
        exchange.settings(
                argument != null ? argument : wanted instanceof String text ? text : null,
                policy == null ? null : policy.name());
    }

    /** The end of the host: everything in it goes. */
    CompletableFuture<Void> clear() {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        queues.all().forEach(queue -> done.add(queues.delete(queue).thenApply(count -> null)));
        lock.lock();
        try {
            List.copyOf(exchanges.values()).forEach(exchange -> done.add(remove(exchange)));
        } finally {
            lock.unlock();
        }
        return all(done);
    }
}
