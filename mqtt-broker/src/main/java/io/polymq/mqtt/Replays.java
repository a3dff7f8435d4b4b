package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * QoS 2 messages that are on their way a second time, because a crash cut the first short, and the
 * sessions that got them then and must not again (4.3.3). Empty but for such moments. Any thread.
 */
final class Replays {

    private final Map<KeptMessage, Set<Long>> running = new ConcurrentHashMap<>(0);

    void begin(IncomingMessage message, KeptMessage routed) {
        if (!message.delivered.isEmpty()) {
            running.put(routed, message.delivered);
        }
    }

    void end(IncomingMessage message, KeptMessage routed) {
        if (!message.delivered.isEmpty()) {
            running.remove(routed);
        }
    }

    boolean hasGot(Message message, long session) {
        if (running.isEmpty()) {
            return false;
        }
        Set<Long> sessions = running.get(message.keep());
        return sessions != null && sessions.contains(session);
    }
}
