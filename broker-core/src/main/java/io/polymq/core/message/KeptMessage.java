package io.polymq.core.message;

import io.polymq.core.subject.Subject;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An immutable copy of a message, shared by all who keep it. Any thread. */
public final class KeptMessage {

    private final Subject subject;
    private final byte[] payload;
    private final @Nullable HeaderCodec headerCodec;
    private final byte[] header;
    private final int flags;
    private final long publisher;
    private final @Nullable Subject replyTo;
    private final @Nullable MessageProperties given;
    private final @Nullable Origin origin;

    private KeptMessage(Message from) {
        subject = from.subject();
        payload =
                Arrays.copyOfRange(
                        from.payload(),
                        from.payloadOffset(),
                        from.payloadOffset() + from.payloadLength());
        headerCodec = from.headerCodec();
        header =
                from.headerLength() == 0
                        ? new byte[0]
                        : Arrays.copyOfRange(
                                from.header(),
                                from.headerOffset(),
                                from.headerOffset() + from.headerLength());
        flags = from.flags();
        publisher = from.publisher();
        replyTo = from.replyTo();
        origin = from.origin();
        given = headerCodec == null ? from.properties() : null;
    }

    static KeptMessage copyOf(Message borrowed) {
        return new KeptMessage(borrowed);
    }

    public Subject subject() {
        return subject;
    }

    /** Not to be written to. */
    public byte[] payload() {
        return payload;
    }

    public long publisher() {
        return publisher;
    }

    /** The writer's codec; null when it has neutral properties only. */
    public @Nullable HeaderCodec headerCodec() {
        return headerCodec;
    }

    /** The writer's own header; not to be written to. */
    public byte[] header() {
        return header;
    }

    /** The bits that the writer kept with its header. */
    public int flags() {
        return flags;
    }

    public @Nullable Origin origin() {
        return origin;
    }

    /** When it ends to be of use, in milliseconds since 1970, -1 for never. */
    public long expiresAt(long publishedAt) {
        if (headerCodec != null) {
            return headerCodec.expiresAt(header, 0, header.length, flags, publishedAt);
        }
        return given == null ? -1 : given.expiresAt();
    }

    /** 0 to 255, -1 when it has none. */
    public int priority() {
        if (headerCodec != null) {
            return headerCodec.priority(header, 0, header.length, flags);
        }
        return given == null ? -1 : given.priority();
    }

    public int size() {
        return payload.length + header.length + subject.length();
    }

    /** Fills a borrowed message with this one, for handing it on. */
    public Message lendTo(Message message) {
        message.begin(subject, payload, 0, payload.length).publisher(publisher).replyTo(replyTo);
        message.origin(origin);
        if (headerCodec != null) {
            message.header(headerCodec, header, 0, header.length, flags);
        }
        if (given != null) {
            message.properties(given);
        }
        message.keptAs(this);
        return message;
    }
}
