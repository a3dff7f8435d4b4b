package io.polymq.mqtt;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Looks once a second at every connection of a loop. No timer per connection: a check is a
 * comparison. Each loop's set belongs to that loop.
 */
final class KeepAlives {

    private final Map<EventLoop, Set<MqttConnection>> watched = new ConcurrentHashMap<>();
    private final Set<ScheduledFuture<?>> timers = ConcurrentHashMap.newKeySet();

    /** On the connection's loop. */
    void watch(MqttConnection connection, EventLoop loop) {
        assert loop.inEventLoop();
        watched.computeIfAbsent(loop, this::begin).add(connection);
    }

    private Set<MqttConnection> begin(EventLoop loop) {
        Set<MqttConnection> connections = new HashSet<>();
        timers.add(loop.scheduleWithFixedDelay(() -> check(connections), 1, 1, TimeUnit.SECONDS));
        return connections;
    }

    private static void check(Set<MqttConnection> connections) {
        long now = System.nanoTime();
        connections.removeIf(connection -> connection.phase() == MqttConnection.Phase.ENDED);
        List<MqttConnection> late = new ArrayList<>(0);
        for (MqttConnection connection : connections) {
            if (connection.isLate(now)) {
                late.add(connection);
            }
        }
        for (MqttConnection connection : late) {
            connection.keepAliveExpired();
        }
    }

    void stop() {
        for (ScheduledFuture<?> timer : timers) {
            timer.cancel(false);
        }
    }
}
