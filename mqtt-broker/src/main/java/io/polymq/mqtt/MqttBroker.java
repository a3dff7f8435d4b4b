package io.polymq.mqtt;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.polymq.network.CloseReason;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.Shutdown;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** The MQTT broker: made from its params, serves through its binding, ends with the shutdown. */
public final class MqttBroker {

    private final MqttShared shared;
    private final MqttBinding binding;
    private final KeepAlives keepAlives = new KeepAlives();
    private final EventExecutor background =
            new DefaultEventExecutor(new DefaultThreadFactory("mqtt-background", true));

    public MqttBroker(MqttBrokerServerParams params) {
        shared = new MqttShared(params, background);
        binding = new MqttBinding(shared, keepAlives);
        params.shutdown().subscribe(Shutdown.Phase.PROTOCOLS, "mqtt", this::drain);
    }

    /** What the network server needs to serve MQTT. */
    public ProtocolBinding binding() {
        return binding;
    }

    private CompletionStage<Void> drain(Duration within) {
        CloseReason why = new CloseReason(CloseReason.Kind.SHUTDOWN, "the broker stops");
        for (Session session : shared.sessions().all()) {
            session.run(
                    () -> {
                        MqttConnection connection = session.connection();
                        if (connection != null) {
                            connection.ending(why);
                        }
                    });
        }
        keepAlives.stop();
        CompletableFuture<Void> drained = new CompletableFuture<>();
        background.execute(
                () ->
                        background
                                .shutdownGracefully(
                                        50, Math.max(50, within.toMillis()), TimeUnit.MILLISECONDS)
                                .addListener(done -> drained.complete(null)));
        return drained;
    }
}
