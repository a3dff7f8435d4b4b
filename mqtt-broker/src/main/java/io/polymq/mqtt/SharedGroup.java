package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import java.util.ArrayList;
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
    private int entered;

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

    /** Under the lock of the map that knows the group, as {@link #isLastGone}. */
    void entered() {
        entered++;
    }

    boolean isLastGone() {
        return --entered == 0;
    }

    /**
     * Gives a message that one member did not finish to another; false when there is none.
     *
     * @param receipt done when the other has it safe
     */
    boolean redeliver(KeptMessage message, int qos, Session from, Receipt receipt) {
        List<MqttSubscription> others = new ArrayList<>();
        List<MqttSubscription> away = new ArrayList<>();
        for (MqttSubscription member : members) {
            Session session = member.session();
            if (session != from && session.isConnected()) {
                others.add(member);
            } else if (session != from && session.isPersistent()) {
                away.add(member);
            }
        }
        return redeliver(message, qos, others, receipt) || redeliver(message, qos, away, receipt);
    }

    private boolean redeliver(
            KeptMessage message, int qos, List<MqttSubscription> among, Receipt receipt) {
        int size = among.size();
        int start = size == 0 ? 0 : Math.floorMod(turn.getAndIncrement(), size);
        for (int i = 0; i < size; i++) {
            MqttSubscription member = among.get((start + i) % size);
            if (member.session().redeliver(message, qos, member, receipt)) {
                return true;
            }
        }
        return false;
    }
}
