package io.polymq.nats;

import io.polymq.codec.nats.NatsWriter;
import io.polymq.core.message.Message;
import io.polymq.core.message.WireForm;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Subject;
import io.polymq.network.Outbox;
import org.jspecify.annotations.Nullable;

/**
 * What stands behind subject and sid of a delivery, the same for every receiver. Of a message that
 * a NATS client published it is the client's own bytes in the read buffer; of others it is made
 * once, by the first sink that needs it.
 *
 * <p>It also remembers a receiver whose outbox is congested, for the publisher to wait for.
 * Connection zone of the publisher.
 */
final class NatsWire extends WireForm {

    private static final byte[] NOTHING = new byte[0];

    private byte[] tail = NOTHING;
    private int tailOffset;
    private int tailLength;
    private boolean withHeaders;
    private byte @Nullable [] plainTail;
    private @Nullable Outbox congested;

    NatsWire() {
        super(NatsHeaderCodec.INSTANCE);
    }

    /** The form of the message that is being routed, filled when it was not yet. */
    static NatsWire of(Message message) {
        NatsWire wire = (NatsWire) message.form(NatsHeaderCodec.INSTANCE);
        if (wire == null) {
            wire = new NatsWire();
            message.attach(wire);
        }
        if (!message.isCurrent(wire)) {
            wire.fill(message);
        }
        return wire;
    }

    /** The publisher's own bytes: headers and payload of the client's line. */
    void point(Message message, byte[] bytes, int offset, int length, boolean headers) {
        tail = bytes;
        tailOffset = offset;
        tailLength = length;
        withHeaders = headers;
        plainTail = null;
        message.filled(this);
    }

    private void fill(Message message) {
        byte[] header = NOTHING;
        int offset = 0;
        int length = 0;
        if (message.isNativeTo(NatsHeaderCodec.INSTANCE)) {
            header = message.header();
            offset = message.headerOffset();
            length = message.headerLength();
        } else {
            header = NatsHeaderCodec.encode(message.properties());
            length = header.length;
        }
        byte[] made =
                NatsWriter.tail(
                        reply(message),
                        header,
                        offset,
                        length,
                        message.payload(),
                        message.payloadOffset(),
                        message.payloadLength());
        point(message, made, 0, made.length, length > 0);
    }

    private static byte[] reply(Message message) {
        if (message.isNativeTo(NatsHeaderCodec.INSTANCE)) {
            Subject reply = message.replyTo();
            return reply == null ? NOTHING : reply.dotted();
        }
        Subject answer = message.answerTo();
        return answer == null || !Dialect.NATS.canSpell(answer) ? NOTHING : answer.dotted();
    }

    boolean withHeaders() {
        return withHeaders;
    }

    byte[] tail() {
        return tail;
    }

    int tailOffset() {
        return tailOffset;
    }

    int tailLength() {
        return tailLength;
    }

    /** For a receiver that takes no headers: the payload alone. */
    byte[] plainTail(Message message) {
        byte[] made = plainTail;
        if (made == null) {
            made =
                    NatsWriter.tail(
                            reply(message),
                            NOTHING,
                            0,
                            0,
                            message.payload(),
                            message.payloadOffset(),
                            message.payloadLength());
            plainTail = made;
        }
        return made;
    }

    void congested(Outbox receiver) {
        congested = receiver;
    }

    /** The last congested receiver since this was asked, or null. */
    @Nullable Outbox takeCongested() {
        Outbox receiver = congested;
        congested = null;
        return receiver;
    }
}
