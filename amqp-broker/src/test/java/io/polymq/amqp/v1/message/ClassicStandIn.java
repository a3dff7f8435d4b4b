package io.polymq.amqp.v1.message;

import io.polymq.amqp.model.EnvelopeCodec;
import io.polymq.amqp.model.MessageFormat;
import io.polymq.core.message.MessageProperties;
import java.util.Map;

/** The other dialect, of which only the bytes are looked at here. */
record ClassicStandIn() implements MessageFormat {

    EnvelopeCodec codec() {
        return new EnvelopeCodec(this);
    }

    @Override
    public String protocol() {
        return "amqp";
    }

    @Override
    public MessageProperties properties(byte[] own, int offset, int length) {
        return MessageProperties.NONE;
    }

    @Override
    public byte[] write(MessageProperties neutral) {
        return new byte[2];
    }

    @Override
    public Map<String, Object> headers(byte[] own, int offset, int length) {
        return Map.of();
    }

    @Override
    public String property(String name, byte[] own, int offset, int length) {
        return null;
    }

    @Override
    public long timeToLive(byte[] own, int offset, int length) {
        return -1;
    }

    @Override
    public int priority(byte[] own, int offset, int length) {
        return -1;
    }
}
