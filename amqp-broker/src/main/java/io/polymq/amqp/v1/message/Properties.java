package io.polymq.amqp.v1.message;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.amqp.v1.type.ValueReader;
import io.polymq.amqp.v1.type.ValueWriter;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The properties section; null for what is not there.
 *
 * @param messageId an {@link Unsigned}, a {@link java.util.UUID}, {@code byte[]} or text, as is the
 *     correlation
 */
public record Properties(
        @Nullable Object messageId,
        byte @Nullable [] userId,
        @Nullable String to,
        @Nullable String subject,
        @Nullable String replyTo,
        @Nullable Object correlationId,
        @Nullable String contentType,
        @Nullable String contentEncoding,
        @Nullable Instant absoluteExpiryTime,
        @Nullable Instant creationTime,
        @Nullable String groupId,
        @Nullable Unsigned groupSequence,
        @Nullable String replyToGroupId) {

    public static final Properties NONE =
            new Properties(
                    null, null, null, null, null, null, null, null, null, null, null, null, null);

    private static final int FIELDS = 13;
    private static final int EXPIRY_TIME = 8;

    static Properties read(ValueReader in) {
        int count = in.enterList();
        if (count < 0) {
            throw SectionCode.bad("properties that are no list");
        }
        @Nullable Object[] fields = new @Nullable Object[FIELDS];
        for (int i = 0; i < Math.min(count, FIELDS); i++) {
            fields[i] = in.read();
        }
        return new Properties(
                fields[0],
                fields[1] instanceof byte[] user ? user : null,
                text(fields[2]),
                text(fields[3]),
                text(fields[4]),
                fields[5],
                text(fields[6]),
                text(fields[7]),
                fields[8] instanceof Instant expiry ? expiry : null,
                fields[9] instanceof Instant creation ? creation : null,
                text(fields[10]),
                fields[11] instanceof Unsigned sequence ? sequence : null,
                text(fields[12]));
    }

    /** The second field alone. */
    static byte @Nullable [] readUserId(ValueReader in) {
        if (in.enterList() < 2) {
            return null;
        }
        in.check();
        return in.read() instanceof byte[] user ? user : null;
    }

    /** The absolute expiry time alone, in milliseconds since 1970, -1 for none. */
    static long readExpiryTime(ValueReader in) {
        if (in.enterList() <= EXPIRY_TIME) {
            return -1;
        }
        for (int i = 0; i < EXPIRY_TIME; i++) {
            in.check();
        }
        return in.read() instanceof Instant expiry ? Math.max(-1, expiry.toEpochMilli()) : -1;
    }

    private static @Nullable String text(@Nullable Object field) {
        return switch (field) {
            case String text -> text;
            case Symbol symbol -> symbol.text();
            case null, default -> null;
        };
    }

    private static @Nullable Symbol symbol(@Nullable String text) {
        return text == null ? null : new Symbol(text);
    }

    /** The section, unless nothing is in it. */
    void write(ByteBuf out) {
        @Nullable Object[] fields = {
            messageId,
            userId,
            to,
            subject,
            replyTo,
            correlationId,
            symbol(contentType),
            symbol(contentEncoding),
            absoluteExpiryTime,
            creationTime,
            groupId,
            groupSequence,
            replyToGroupId
        };
        int count = FIELDS;
        while (count > 0 && fields[count - 1] == null) {
            count--;
        }
        if (count == 0) {
            return;
        }
        ValueWriter.descriptor(out, SectionCode.PROPERTIES);
        int at = ValueWriter.beginList(out);
        for (int i = 0; i < count; i++) {
            ValueWriter.write(out, fields[i]);
        }
        ValueWriter.endCompound(out, at, count);
    }
}
