package io.polymq.amqp.model;

import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.MessageProperties;

/**
 * The header of a message that went through an exchange: an {@link Envelope} around the dialect's
 * own bytes. One for each dialect. Shared, stateless.
 */
public final class EnvelopeCodec implements HeaderCodec {

    private final MessageFormat format;

    public EnvelopeCodec(MessageFormat format) {
        this.format = format;
    }

    public MessageFormat format() {
        return format;
    }

    @Override
    public String protocol() {
        return format.protocol();
    }

    @Override
    public MessageProperties decode(byte[] header, int offset, int length, int flags) {
        int own = Envelope.ownOffset(header, offset, length);
        return own < 0
                ? MessageProperties.NONE
                : format.properties(header, own, offset + length - own);
    }

    @Override
    public long expiresAt(byte[] header, int offset, int length, int flags, long publishedAt) {
        if ((flags & Envelope.EXPIRES) == 0) {
            return -1;
        }
        int own = Envelope.ownOffset(header, offset, length);
        return own < 0 ? -1 : format.expiresAt(header, own, offset + length - own, publishedAt);
    }

    @Override
    public int priority(byte[] header, int offset, int length, int flags) {
        if ((flags & Envelope.PRIORITY) == 0) {
            return -1;
        }
        int own = Envelope.ownOffset(header, offset, length);
        return own < 0 ? -1 : format.priority(header, own, offset + length - own);
    }
}
