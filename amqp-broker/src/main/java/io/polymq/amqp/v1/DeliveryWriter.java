package io.polymq.amqp.v1;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.v1.frame.Frames;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.queue.QueuedMessage;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a link's deliveries, each in as many transfers as its receiver's frames and the session's
 * window ask for; what the window has no room for is kept. Connection zone.
 */
final class DeliveryWriter {

    /** Message annotations that belong to one delivery. */
    interface Annotator {
        Map<String, @Nullable Object> of(QueuedMessage message);

        Annotator NONE = message -> Map.of();
    }

    private final Session session;
    private final V1Connection connection;
    private final long handle;
    private final boolean settled;
    private final Annotator annotator;
    private final int room;
    private byte @Nullable [] rest;
    private int restAt;
    private int deliveryId;

    DeliveryWriter(Session session, long handle, boolean settled, Annotator annotator) {
        this.session = session;
        this.connection = session.connection();
        this.handle = handle;
        this.settled = settled;
        this.annotator = annotator;
        this.room = connection.opening().frameMax() - Frames.HEADER_BYTES - Frames.TRANSFER_ROOM;
    }

    /** Whether a delivery waits for more room in the window. */
    boolean isUnfinished() {
        return rest != null;
    }

    /**
     * Begins a delivery; there is room in the window.
     *
     * @return the message's size
     */
    int begin(int id, QueuedMessage message) {
        ByteBuf encoded = connection.loop().scratch();
        KeptMessage kept = message.message();
        long expires = kept.expiresAt(message.enqueuedAt());
        connection
                .messages()
                .encode(
                        kept,
                        Math.max(0, message.deliveries() - 1),
                        !message.redelivered(),
                        expires < 0
                                ? -1
                                : Math.max(0, expires - connection.broker().clock().millis()),
                        annotator.of(message),
                        encoded);
        return begin(id, encoded.array(), encoded.arrayOffset(), encoded.readableBytes());
    }

    /** Begins one whose sections are these bytes, which are borrowed. */
    int begin(int id, byte[] sections, int offset, int length) {
        deliveryId = id;
        int at = 0;
        do {
            int part = Math.min(room, length - at);
            transfer(at == 0, at + part < length, sections, offset + at, part);
            at += part;
        } while (at < length && session.hasWindow());
        if (at < length) {
            byte[] kept = new byte[length - at];
            System.arraycopy(sections, offset + at, kept, 0, kept.length);
            rest = kept;
            restAt = 0;
        }
        return length;
    }

    /** Writes more of the delivery; there is room in the window. */
    void proceed() {
        byte[] kept = rest;
        if (kept != null) {
            int part = Math.min(room, kept.length - restAt);
            boolean more = restAt + part < kept.length;
            transfer(false, more, kept, restAt, part);
            restAt += part;
            if (!more) {
                rest = null;
            }
        }
    }

    private void transfer(boolean first, boolean more, byte[] bytes, int offset, int length) {
        ByteBuf out =
                connection.outbox().begin(Frames.HEADER_BYTES + Frames.TRANSFER_ROOM + length);
        try {
            int at = Frames.begin(out, Frames.AMQP, session.channel());
            Frames.transfer(out, handle, deliveryId, first, settled, more);
            out.writeBytes(bytes, offset, length);
            Frames.end(out, at);
        } finally {
            connection.outbox().end();
        }
        session.transferred();
    }

    void close() {
        rest = null;
    }
}
