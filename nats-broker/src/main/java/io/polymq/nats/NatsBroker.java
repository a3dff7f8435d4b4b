package io.polymq.nats;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.channel.EventLoop;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Subject;
import io.polymq.network.Connection;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The NATS broker: gives the network layer its binding and every loop its shared state. Shared;
 * what it hands out belongs to the loops.
 */
public final class NatsBroker {

    private static final long MAX_TICK_MILLIS = 1_000;

    private final NatsBrokerServerParams params;
    private final ObjectMapper json = new ObjectMapper();
    private final ServerInfo info;
    private final NatsMetrics metrics;
    private final Map<EventLoop, NatsLoop> loops = new ConcurrentHashMap<>();

    public NatsBroker(NatsBrokerServerParams params) {
        this.params = params;
        this.info = new ServerInfo(params.settings(), params.security().loginRequired(), json);
        this.metrics = new NatsMetrics(params.metrics());
    }

    /** How other protocols read the headers of NATS messages. */
    public static HeaderCodec headerCodec() {
        return NatsHeaderCodec.INSTANCE;
    }

    /** What the network layer serves. */
    public ProtocolBinding binding() {
        return new NatsBinding(this);
    }

    ProtocolHandler open(Connection connection) {
        NatsLoop loop = loops.computeIfAbsent(connection.loop(), this::newLoop);
        return new NatsConnection(this, connection, loop);
    }

    private NatsLoop newLoop(EventLoop loop) {
        long tick = Math.min(MAX_TICK_MILLIS, params.settings().pingInterval().toMillis() / 4 + 1);
        return new NatsLoop(loop, params.router().newCache(), tick);
    }

    NatsSettings settings() {
        return params.settings();
    }

    Security security() {
        return params.security();
    }

    Router router() {
        return params.router();
    }

    ServerInfo info() {
        return info;
    }

    /** Who answers requests on that subject; null when it is a subject like any other. */
    @Nullable SubjectService service(Subject subject) {
        for (SubjectService service : params.services()) {
            if (subject.toString().startsWith(service.prefix())) {
                return service;
            }
        }
        return null;
    }

    NatsMetrics metrics() {
        return metrics;
    }

    ObjectMapper json() {
        return json;
    }
}
