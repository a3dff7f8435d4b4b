package io.polymq.mqtt;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.message.HeaderCodec;
import io.polymq.network.CloseReason;
import io.polymq.network.NetworkServer;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.Shutdown;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** The MQTT broker: made from its params, serves through its binding, ends with the shutdown. */
public final class MqttBroker {

    private static final String VERSION = "0.1.0";

    private final MqttShared shared;
    private final MqttBinding binding;
    private final SysTopics sys;
    private final KeepAlives keepAlives = new KeepAlives();
    private final EventExecutor background =
            new DefaultEventExecutor(new DefaultThreadFactory("mqtt-background", true));
    private final EventExecutor journal =
            new DefaultEventExecutor(new DefaultThreadFactory("mqtt-journal", true));

    public MqttBroker(MqttBrokerServerParams params) {
        shared = new MqttShared(params, background, journal);
        binding = new MqttBinding(shared, keepAlives, Door.MAIN);
        SessionJournal owed = shared.journal();
        if (owed != null) {
            params.tenants().stores(owed::bytes);
        }
        sys = new SysTopics(shared, VERSION, new BrokerFigures(params.metrics()));
        params.shutdown().subscribe(Shutdown.Phase.PROTOCOLS, "mqtt", this::drain);
    }

    /** Makes the broker and its stored sessions again; blocks. */
    public static MqttBroker start(MqttBrokerServerParams params) throws IOException {
        MqttBroker broker = new MqttBroker(params);
        broker.recover();
        broker.begin();
        return broker;
    }

    /** Publishes what is due, and the broker's figures from now on. */
    private void begin() {
        shared.delayed().start();
        sys.start(shared.settings().sysInterval());
    }

    /** Makes the stored sessions again; blocks, and must be done before the first connection. */
    void recover() throws IOException {
        SessionStore store = shared.store();
        if (store == null) {
            return;
        }
        CompletableFuture<Void> recovered = new CompletableFuture<>();
        background.execute(
                () -> {
                    try {
                        new SessionRecovery(shared, store).run();
                        recovered.complete(null);
                    } catch (IOException | RuntimeException e) {
                        recovered.completeExceptionally(e);
                    }
                });
        try {
            recovered.join();
        } catch (CompletionException e) {
            throw new IOException("the stored sessions cannot be read", e.getCause());
        }
    }

    /** Reads the headers of messages that came in by MQTT, for those who keep them. */
    public static HeaderCodec headerCodec() {
        return MqttHeader.CODEC;
    }

    /** What administrators see and do over HTTP. */
    public List<AdminPages> pages() {
        return new MqttPages(shared).pages();
    }

    /** What the network server needs to serve MQTT. */
    public ProtocolBinding binding() {
        return binding;
    }

    /** The listeners that have settings of their own. */
    public List<NetworkServer.Entrance> entrances() {
        return shared.settings().listeners().stream()
                .map(
                        one ->
                                new NetworkServer.Entrance(
                                        new MqttBinding(shared, keepAlives, Door.of(one)),
                                        one.ports(),
                                        one.bind()))
                .toList();
    }

    private CompletionStage<Void> drain(Duration within) {
        CloseReason why = new CloseReason(CloseReason.Kind.SHUTDOWN, "the broker stops");
        List<CompletableFuture<Void>> endings = new ArrayList<>();
        for (Session session : shared.sessions().all()) {
            CompletableFuture<Void> ended = new CompletableFuture<>();
            endings.add(ended);
            session.run(
                    () -> {
                        try {
                            MqttConnection connection = session.connection();
                            if (connection != null) {
                                connection.ending(why);
                            }
                        } finally {
                            ended.complete(null);
                        }
                    });
        }
        keepAlives.stop();
        sys.stop();
        CompletableFuture<Void> drained = new CompletableFuture<>();
        // The wills of those that ended are published by the background's next turn, and reach
        // the sessions that they are for in the one after it.
        var unused =
                CompletableFuture.allOf(endings.toArray(CompletableFuture[]::new))
                        .orTimeout(within.toMillis() / 2, TimeUnit.MILLISECONDS)
                        .whenComplete(
                                (done, late) ->
                                        background.execute(
                                                () ->
                                                        background.execute(
                                                                () -> flush(within, drained))));
        return drained;
    }

    private void flush(Duration within, CompletableFuture<Void> drained) {
        SessionStore store = shared.store();
        CompletableFuture<Void> flushed =
                store == null ? CompletableFuture.completedFuture(null) : store.flush();
        flushed.whenComplete((done, failure) -> stop(within, drained));
    }

    private void stop(Duration within, CompletableFuture<Void> drained) {
        long millis = Math.max(50, within.toMillis());
        journal.shutdownGracefully(0, millis, TimeUnit.MILLISECONDS);
        background
                .shutdownGracefully(50, millis, TimeUnit.MILLISECONDS)
                .addListener(done -> drained.complete(null));
    }
}
