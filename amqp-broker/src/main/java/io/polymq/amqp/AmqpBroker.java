package io.polymq.amqp;

import io.netty.channel.EventLoop;
import io.polymq.amqp.management.Management;
import io.polymq.amqp.management.ManagementParams;
import io.polymq.amqp.model.Definitions;
import io.polymq.amqp.model.EnvelopeCodec;
import io.polymq.amqp.model.ModelParams;
import io.polymq.amqp.model.Permissions;
import io.polymq.amqp.model.TransactionJournal;
import io.polymq.amqp.model.VirtualHosts;
import io.polymq.amqp.v1.V1Dialect;
import io.polymq.amqp.v1.message.MessageCodec;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.security.Security;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.Passwords;
import io.polymq.core.security.users.UserStore;
import io.polymq.core.topic.Topics;
import io.polymq.core.trace.MessageTracer;
import io.polymq.network.BoundAddress;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.Shutdown;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The AMQP broker: opens the virtual hosts, gives the network layer its binding and every loop its
 * shared state. Shared; what it hands out belongs to the loops.
 */
public final class AmqpBroker {

    private static final EnvelopeCodec CODEC =
            new EnvelopeCodec(new BasicFormat(InstantSource.system()));
    private static final EnvelopeCodec V1_CODEC = MessageCodec.newEnvelopeCodec();

    private final AmqpBrokerServerParams params;
    private final VirtualHosts hosts;
    private final TransactionJournal journal;
    private final AmqpMetrics metrics;
    private final Alarms alarms;
    private final List<AmqpDialect> dialects;
    private final Clients clients = new Clients();
    private final Map<EventLoop, AmqpLoop> loops = new ConcurrentHashMap<>();

    private AmqpBroker(
            AmqpBrokerServerParams params,
            VirtualHosts hosts,
            TransactionJournal journal,
            Alarms alarms) {
        this.params = params;
        this.hosts = hosts;
        this.journal = journal;
        this.alarms = alarms;
        this.metrics = new AmqpMetrics(params.metrics());
        this.dialects = List.of(new V1Dialect(this));
    }

    /** How other protocols read the headers of messages that AMQP clients have published. */
    public static List<HeaderCodec> headerCodecs() {
        return List.of(CODEC, V1_CODEC);
    }

    /** Waits until everything that is defined is there. */
    public static AmqpBroker start(AmqpBrokerServerParams params) {
        ScheduledExecutorService timers =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("polymq-amqp-timers").daemon(true).factory());
        params.shutdown()
                .subscribe(
                        Shutdown.Phase.CORE,
                        "AMQP timers",
                        within -> {
                            timers.shutdownNow();
                            return CompletableFuture.completedFuture(null);
                        });
        VirtualHosts hosts =
                VirtualHosts.open(
                                new ModelParams(
                                        params.metadata(),
                                        params.queues(),
                                        params.topics(),
                                        params.router(),
                                        params.delayed(),
                                        CODEC,
                                        params.clock(),
                                        timers,
                                        new SecureRandom(),
                                        params.settings().consumerTimeout().toMillis(),
                                        params.tenants(),
                                        params.events()))
                        .join();
        TransactionJournal journal =
                TransactionJournal.open(
                                params.shards(),
                                hosts,
                                params.delayed(),
                                List.of(CODEC, V1_CODEC),
                                params.records(),
                                params.clock())
                        .join();
        Alarms alarms = new Alarms(params.shards(), params.settings().memoryWatermark());
        timers.scheduleWithFixedDelay(alarms::look, 1, 1, TimeUnit.SECONDS);
        return new AmqpBroker(params, hosts, journal, alarms);
    }

    /** What the network layer serves. */
    public ProtocolBinding binding() {
        return new AmqpBinding(this);
    }

    /** Exchanges, bindings and definitions, for the admin port. */
    public List<AdminPages> pages(UserStore users, RuleStore rules) {
        return new AmqpPages(hosts, new Definitions(hosts, users, new Permissions(rules))).pages();
    }

    /** Every virtual host, for whoever administrates them and for another dialect. */
    public VirtualHosts hosts() {
        return hosts;
    }

    /** RabbitMQ's management interface, for the admin port. */
    public AdminPages management(ManagementAccess access) {
        return Management.of(
                new ManagementParams(
                        "rabbit@" + settings().clusterName(),
                        AmqpSettings.VERSION,
                        hosts,
                        CODEC,
                        params.connections(),
                        clients,
                        params.security(),
                        access.users(),
                        new Permissions(access.rules()),
                        access.passwords(),
                        params.clock(),
                        () -> alarms.isOn() ? alarms.reason() : null,
                        access.listeners()));
    }

    /**
     * What management needs beside the broker's own.
     *
     * @param listeners where clients can reach the broker, once they can
     */
    public record ManagementAccess(
            UserStore users,
            RuleStore rules,
            Passwords passwords,
            Supplier<List<BoundAddress>> listeners) {}

    /** Every connection, for lists. */
    public Clients clients() {
        return clients;
    }

    public TransactionJournal journal() {
        return journal;
    }

    public AmqpLoop loop(EventLoop loop) {
        return loops.computeIfAbsent(loop, l -> new AmqpLoop(l, hosts.newPublisher()));
    }

    /** How clients get into virtual hosts. */
    public HostDoor door() {
        return new HostDoor(hosts, params.security());
    }

    List<AmqpDialect> dialects() {
        return dialects;
    }

    public AmqpSettings settings() {
        return params.settings();
    }

    public Security security() {
        return params.security();
    }

    Topics topics() {
        return params.topics();
    }

    public MessageRecords records() {
        return params.records();
    }

    public InstantSource clock() {
        return params.clock();
    }

    public Executor blocking() {
        return params.blocking();
    }

    EnvelopeCodec codec() {
        return CODEC;
    }

    /** The codec of AMQP 1.0. */
    public EnvelopeCodec v1Codec() {
        return V1_CODEC;
    }

    /** Hears of what is read of streams. */
    MessageTracer tracer() {
        return params.router().tracer();
    }

    public AmqpMetrics metrics() {
        return metrics;
    }

    public Alarms alarms() {
        return alarms;
    }
}
