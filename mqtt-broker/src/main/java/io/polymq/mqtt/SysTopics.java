package io.polymq.mqtt;

import io.netty.util.concurrent.ScheduledFuture;
import io.polymq.codec.mqtt.Properties;
import io.polymq.core.security.Principal;
import io.polymq.core.service.SlowConsumers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
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
    private final BrokerFigures figures;
    private final Map<String, LoadAverage> loads = new LinkedHashMap<>();
    private final Map<String, String> published = new HashMap<>();
    private final long startedAt;
    private long mostConnected;
    private long lastNanos = System.nanoTime();
    private @Nullable ScheduledFuture<?> timer;

    SysTopics(MqttShared shared, String version, BrokerFigures figures) {
        this.shared = shared;
        this.version = version;
        this.figures = figures;
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
        int connected = 0;
        long waiting = 0;
        for (Session session : shared.sessions().all()) {
            connected += session.isConnected() ? 1 : 0;
            waiting += session.inFlight();
        }
        mostConnected = Math.max(mostConnected, connected);
        clients(connected);
        messages(waiting);
        loads();
        node(connected);
    }

    private void clients(int connected) {
        int sessions = shared.sessions().size();
        put(BROKER + "version", "PolyMQ " + version);
        put(BROKER + "uptime", uptime() + " seconds");
        put(BROKER + "clients/connected", connected);
        put(BROKER + "clients/active", connected);
        put(BROKER + "clients/disconnected", sessions - connected);
        put(BROKER + "clients/inactive", sessions - connected);
        put(BROKER + "clients/total", sessions);
        put(BROKER + "clients/maximum", mostConnected);
        put(BROKER + "clients/expired", shared.sessions().expired());
        put(BROKER + "subscriptions/count", subscriptions());
        put(BROKER + "shared_subscriptions/count", shared.subscriptions().sharedGroups());
    }

    private void messages(long waiting) {
        MqttMetrics metrics = shared.metrics();
        Runtime runtime = Runtime.getRuntime();
        put(BROKER + "messages/received", metrics.receivedSoFar());
        put(BROKER + "messages/sent", metrics.sentSoFar());
        put(BROKER + "messages/stored", retained() + waiting);
        put(BROKER + "store/messages/count", retained() + waiting);
        put(BROKER + "publish/messages/received", metrics.receivedSoFar());
        put(BROKER + "publish/messages/sent", metrics.sentSoFar());
        put(BROKER + "publish/messages/dropped", metrics.droppedSoFar());
        put(BROKER + "retained messages/count", retained());
        put(BROKER + "bytes/received", figures.bytesReceived());
        put(BROKER + "bytes/sent", figures.bytesSent());
        put(BROKER + "heap/current", runtime.totalMemory() - runtime.freeMemory());
    }

    private void loads() {
        long now = System.nanoTime();
        double seconds = Math.max(1e-3, (now - lastNanos) / 1e9);
        lastNanos = now;
        MqttMetrics metrics = shared.metrics();
        load("messages/received", metrics.receivedSoFar(), seconds);
        load("messages/sent", metrics.sentSoFar(), seconds);
        load("publish/received", metrics.receivedSoFar(), seconds);
        load("publish/sent", metrics.sentSoFar(), seconds);
        load("publish/dropped", metrics.droppedSoFar(), seconds);
        load("bytes/received", figures.bytesReceived(), seconds);
        load("bytes/sent", figures.bytesSent(), seconds);
        load("sockets", figures.connectionsAccepted(), seconds);
        load("connections", shared.sessions().claims(), seconds);
    }

    private void load(String what, long total, double seconds) {
        LoadAverage load = loads.computeIfAbsent(what, absent -> new LoadAverage());
        load.update(total, seconds);
        for (int i = 0; i < LoadAverage.count(); i++) {
            put(BROKER + "load/" + what + '/' + LoadAverage.name(i), load.over(i));
        }
    }

    private void node(int connected) {
        MqttMetrics metrics = shared.metrics();
        put("$SYS/brokers", "polymq");
        put(NODE + "version", version);
        put(NODE + "uptime", uptime());
        put(NODE + "datetime", shared.clock().instant().toString());
        put(NODE + "sysdescr", "PolyMQ");
        put(NODE + "stats/connections/count", connected);
        put(NODE + "stats/connections/max", mostConnected);
        put(NODE + "stats/live_connections/count", connected);
        put(NODE + "stats/sessions/count", shared.sessions().size());
        put(NODE + "stats/subscriptions/count", subscriptions());
        put(NODE + "stats/subscriptions/shared/count", shared.subscriptions().sharedGroups());
        put(NODE + "stats/retained/count", retained());
        put(NODE + "metrics/messages/received", metrics.receivedSoFar());
        put(NODE + "metrics/messages/sent", metrics.sentSoFar());
        put(NODE + "metrics/messages/dropped", metrics.droppedSoFar());
        put(NODE + "metrics/bytes/received", figures.bytesReceived());
        put(NODE + "metrics/bytes/sent", figures.bytesSent());
        put(NODE + "slow_subscribers", slowest());
    }

    private long uptime() {
        return (shared.clock().millis() - startedAt) / 1000;
    }

    private long retained() {
        return shared.retained().count(Principal.DEFAULT_TENANT);
    }

    private long subscriptions() {
        return shared.router().space(Principal.DEFAULT_TENANT).size();
    }

    /** Who acknowledges late, the slowest first, a line each: client, milliseconds, how often. */
    private String slowest() {
        StringBuilder lines = new StringBuilder();
        for (SlowConsumers.Slow slow : shared.slowest(SLOWEST)) {
            lines.append(slow.consumer().client()).append(' ').append(slow.latencyMillis());
            lines.append(' ').append(slow.count()).append('\n');
        }
        return lines.toString();
    }

    private void put(String topic, long value) {
        put(topic, Long.toString(value));
    }

    private void put(String topic, String value) {
        if (value.equals(published.getOrDefault(topic, ""))) {
            return;
        }
        published.put(topic, value);
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
