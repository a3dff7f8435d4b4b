package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The members of one shared subscription: one group, one filter. While a member has a connection,
 * those who are away get nothing; what a member leaves unfinished goes to another. Any thread.
 */
final class SharedGroup {

    private final List<MqttSubscription> members = new CopyOnWriteArrayList<>();
    private final AtomicInteger connected = new AtomicInteger();
    private final AtomicInteger turn = new AtomicInteger();

    boolean hasConnected() {
        return connected.get() > 0;
    }

    void connected(boolean now) {
        connected.addAndGet(now ? 1 : -1);
    }

    void joined(MqttSubscription member, boolean isConnected) {
        members.add(member);
        if (isConnected) {
            connected.incrementAndGet();
        }
    }

    void left(MqttSubscription member, boolean wasConnected) {
        members.remove(member);
        if (wasConnected) {
            connected.decrementAndGet();
        }
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** Gives a message that one member did not finish to another; false when there is none. */
    boolean redeliver(KeptMessage message, Session from) {
        int size = members.size();
        int start = Math.floorMod(turn.getAndIncrement(), Math.max(1, size));
        int i = 0;
        MqttSubscription waiting = null;
        for (MqttSubscription member : members) {
            boolean other = member.session() != from;
            if (other && member.session().isConnected() && i >= start) {
                return member.session().redeliver(message, member);
            }
            if (other && (member.session().isConnected() || member.session().isPersistent())) {
                waiting = waiting == null ? member : waiting;
            }
            i++;
        }
        return waiting != null && waiting.session().redeliver(message, waiting);
    }
}
