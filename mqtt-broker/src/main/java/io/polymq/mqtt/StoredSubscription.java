package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/**
 * What is stored of a subscription, under a key of its own, so that one more costs the same however
 * many there are. It belongs to the session of that number; one of an earlier session under the
 * same key counts for nothing. Immutable.
 */
record StoredSubscription(
        SessionKey key, long session, String filter, MqttSubscription.Options options) {

    private static final byte FORMAT = 1;

    static ByteBuffer keyBytes(SessionKey key, String filter) {
        ByteBuf out = Unpooled.buffer(key.clientId().length() + filter.length() + 32);
        SessionSnapshot.writeText(out, key.tenant());
        SessionSnapshot.writeText(out, key.clientId());
        SessionSnapshot.writeText(out, filter);
        return out.nioBuffer();
    }

    /** Whether a key of the shard is a subscription's; a session's has two texts. */
    static boolean isKey(ByteBuffer key) {
        ByteBuf in = Unpooled.wrappedBuffer(key.duplicate());
        SessionSnapshot.readText(in);
        SessionSnapshot.readText(in);
        return in.isReadable();
    }

    ByteBuffer keyBytes() {
        return keyBytes(key, filter);
    }

    ByteBuffer encode() {
        ByteBuf out = Unpooled.buffer(20);
        out.writeByte(FORMAT);
        out.writeLong(session);
        out.writeByte(options.qos());
        out.writeBoolean(options.noLocal());
        out.writeBoolean(options.retainAsPublished());
        out.writeByte(options.retainHandling());
        out.writeInt(options.subscriptionId());
        return out.nioBuffer();
    }

    static StoredSubscription decode(ByteBuffer key, ByteBuffer value) {
        ByteBuf names = Unpooled.wrappedBuffer(key.duplicate());
        SessionKey session =
                new SessionKey(SessionSnapshot.readText(names), SessionSnapshot.readText(names));
        String filter = SessionSnapshot.readText(names);
        ByteBuf in = Unpooled.wrappedBuffer(value);
        int format = in.readByte();
        if (format != FORMAT) {
            throw new IllegalStateException("a subscription of format " + format);
        }
        return new StoredSubscription(
                session,
                in.readLong(),
                filter,
                new MqttSubscription.Options(
                        in.readByte(),
                        in.readBoolean(),
                        in.readBoolean(),
                        in.readByte(),
                        in.readInt()));
    }
}
