package io.polymq.mqtt;

import io.polymq.codec.mqtt.PacketType;
import io.polymq.core.message.Receipt;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Answers to a client's publishes, in the order of the publishes (4.6) however late their storage
 * is. Connection zone, but for the receipts, which settle anywhere.
 */
final class AckQueue {

    private final MqttConnection connection;
    private final ArrayDeque<Pending> pending = new ArrayDeque<>(0);
    private int pubAcks;

    AckQueue(MqttConnection connection) {
        this.connection = connection;
    }

    /** An answer that waits until its message is safe. */
    final class Pending implements Receipt.Listener {
        private final int packetType;
        private final int packetId;
        private int matched = 1;
        private @Nullable Throwable failure;
        private volatile boolean settled;
        private boolean queued;

        private Pending(int packetType, int packetId) {
            this.packetType = packetType;
            this.packetId = packetId;
        }

        /** How many subscribers took the message. */
        void matched(int count) {
            matched = count;
        }

        @Override
        public void settled(@Nullable Throwable cause) {
            failure = cause;
            settled = true;
            if (!connection.isHere()) {
                connection.run(AckQueue.this::drain);
            } else if (queued) {
                drain();
            }
        }
    }

    int size() {
        return pending.size();
    }

    /** Publishes of QoS 1 among them; those of QoS 2 count until their end. */
    int pubAcks() {
        return pubAcks;
    }

    Pending begin(int packetType, int packetId) {
        return new Pending(packetType, packetId);
    }

    /** The message was routed: answers now, or when it is safe and its turn has come. */
    void end(Pending answer) {
        if (answer.settled && pending.isEmpty()) {
            write(answer);
        } else {
            answer.queued = true;
            pending.add(answer);
            pubAcks += answer.packetType == PacketType.PUBACK ? 1 : 0;
            drain();
        }
    }

    private void drain() {
        Pending first = pending.peek();
        while (first != null && first.settled) {
            pending.poll();
            pubAcks -= first.packetType == PacketType.PUBACK ? 1 : 0;
            write(first);
            first = pending.peek();
        }
        connection.acksDrained(pending.size());
    }

    private void write(Pending answer) {
        Throwable cause = answer.failure;
        if (cause != null) {
            connection.publishFailed(
                    answer.packetType, answer.packetId, MqttErrors.toReason(cause));
        } else {
            connection.publishDone(answer.packetType, answer.packetId, answer.matched);
        }
    }

    void clear() {
        pubAcks = 0;
        pending.clear();
    }
}
