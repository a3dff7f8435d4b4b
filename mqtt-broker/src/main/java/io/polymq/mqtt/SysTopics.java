package io.polymq.mqtt;

import io.netty.util.concurrent.ScheduledFuture;
import io.polymq.codec.mqtt.Properties;
import io.polymq.core.security.Principal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the broker's figures as retained messages below {@code $SYS}, under the names that
 * Mosquitto's users know and under EMQX's. Zone: the background's.
 */
final class SysTopics {

    private static final String BROKER = "$SYS/broker/";
    private static final String NODE = "$SYS/brokers/polymq/";
    private static final int SLOWEST = 10;

    private final MqttShared shared;
    private final String version;
    private final long startedAt;
    private @Nullable ScheduledFuture<?> timer;

    SysTopics(MqttShared shared, String version) {
        this.shared = shared;
        this.version = version;
        this.startedAt = shared.clock().millis();
    }

    void start(Duration interval) {
        if (!interval.isZero()) {
            timer =
                    shared.background()
                            .executor()
                            .scheduleWithFixedDelay(
                                    this::publish, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    void stop() {
        ScheduledFuture<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
    }

    private void publish() {
        MqttMetrics metrics = shared.metrics();
        int connected = 0;
        for (Session session : shared.sessions().all()) {
            connected += session.isConnected() ? 1 : 0;
        }
        int sessions = shared.sessions().size();
        long seconds = (shared.clock().millis() - startedAt) / 1000;
        long retained = shared.retained().count(Principal.DEFAULT_TENANT);
        long subscriptions = shared.router().space(Principal.DEFAULT_TENANT).size();
        put(BROKER + "version", "PolyMQ " + version);
        put(BROKER + "uptime", seconds + " seconds");
        put(BROKER + "clients/connected", connected);
        put(BROKER + "clients/active", connected);
        put(BROKER + "clients/disconnected", sessions - connected);
        put(BROKER + "clients/total", sessions);
        put(BROKER + "messages/received", metrics.receivedSoFar());
        put(BROKER + "messages/sent", metrics.sentSoFar());
        put(BROKER + "publish/messages/received", metrics.receivedSoFar());
        put(BROKER + "publish/messages/sent", metrics.sentSoFar());
        put(BROKER + "publish/messages/dropped", metrics.droppedSoFar());
        put(BROKER + "retained messages/count", retained);
        put(BROKER + "subscriptions/count", subscriptions);
        put(NODE + "version", version);
        put(NODE + "uptime", seconds);
        put(NODE + "stats/connections/count", connected);
        put(NODE + "stats/sessions/count", sessions);
        put(NODE + "stats/subscriptions/count", subscriptions);
        put(NODE + "stats/retained/count", retained);
        put(NODE + "metrics/messages/received", metrics.receivedSoFar());
        put(NODE + "metrics/messages/sent", metrics.sentSoFar());
        put(NODE + "metrics/messages/dropped", metrics.droppedSoFar());
        put(NODE + "slow_subscribers", slowest());
    }

    /** Those for whom most is waiting, a line each. */
    private String slowest() {
        List<Session> slow =
                shared.sessions().all().stream()
                        .filter(session -> session.inFlight() > 0)
                        .sorted(Comparator.comparingInt(Session::inFlight).reversed())
                        .limit(SLOWEST)
                        .toList();
        StringBuilder lines = new StringBuilder();
        for (Session session : slow) {
            lines.append(session.key().clientId()).append(' ').append(session.inFlight());
            lines.append('\n');
        }
        return lines.toString();
    }

    private void put(String topic, long value) {
        put(topic, Long.toString(value));
    }

    private void put(String topic, String value) {
        if (value.isEmpty()) {
            return;
        }
        shared.publish(
                Principal.DEFAULT_TENANT,
                Publication.of(
                        topic,
                        value.getBytes(StandardCharsets.UTF_8),
                        0,
                        true,
                        Properties.NONE,
                        shared.clock().millis()));
    }
}
