package io.polymq.core.queue;

import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.MessageProperties.Header;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Origin;
import io.polymq.core.subject.Subject;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordHeaders;
import io.polymq.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages as records of shards that nobody but the engine reads: the value is the payload, and one
 * header holds all the rest in the writer's own bytes; a second one the name of a message that may
 * be handed over again. Not for several threads at once.
 *
 * <pre>
 *   form 1 | int flags | long publisher | subject | reply-to | protocol | the protocol's header
 *   form 2 | int flags | long publisher | subject | reply-to | neutral properties
 * </pre>
 */
final class QueueRecords implements RecordReader {

    private static final byte NATIVE = 1;
    private static final byte NEUTRAL = 2;
    private static final byte[] NAME = {'m'};

    private final Map<String, HeaderCodec> codecs = new HashMap<>();
    private @Nullable HeaderCodec lastCodec;
    private byte[] lastProtocol = {};
    private final Message message = new Message();
    private final RecordHeaders headers = new RecordHeaders();
    private ByteBuffer scratch = ByteBuffer.allocate(1024);

    QueueRecords(Iterable<HeaderCodec> codecs) {
        for (HeaderCodec codec : codecs) {
            this.codecs.put(codec.protocol(), codec);
        }
    }

    void write(KeptMessage kept, long now, RecordBatchBuilder to) {
        kept.lendTo(message);
        scratch.clear();
        HeaderCodec codec = message.headerCodec();
        reserve(64);
        scratch.put(codec == null ? NEUTRAL : NATIVE).putInt(message.flags());
        scratch.putLong(message.publisher());
        put(message.subject().dotted());
        Subject replyTo = message.replyTo();
        put(replyTo == null ? null : replyTo.dotted());
        if (codec == null) {
            putProperties(message.properties());
        } else {
            put(protocol(codec));
            reserve(message.headerLength());
            scratch.put(message.header(), message.headerOffset(), message.headerLength());
        }
        headers.clear();
        headers.add(NAME, scratch.flip());
        Origin origin = message.origin();
        if (origin != null) {
            headers.add(MessageRecords.ORIGIN, origin.mark());
        }
        to.append(
                now, message.payload(), message.payloadOffset(), message.payloadLength(), headers);
    }

    /** Neighbours are mostly of one protocol. */
    private byte[] protocol(HeaderCodec codec) {
        if (codec != lastCodec) {
            lastCodec = codec;
            lastProtocol = codec.protocol().getBytes(StandardCharsets.UTF_8);
        }
        return lastProtocol;
    }

    /** Null for a record of another form, or of a protocol that is not known here. */
    @Override
    public @Nullable KeptMessage read(StoredRecord record) {
        if (record.headers().isEmpty()) {
            return null;
        }
        ByteBuffer from = record.headers().getFirst().value();
        ByteBuffer value = record.value();
        if (from == null || value == null) {
            return null;
        }
        byte form = from.get();
        int flags = from.getInt();
        long publisher = from.getLong();
        byte[] subject = take(from);
        byte[] replyTo = take(from);
        byte[] payload = new byte[value.remaining()];
        value.get(payload);
        message.begin(
                Subject.ofDotted(subject == null ? new byte[0] : subject, 0, length(subject)),
                payload,
                0,
                payload.length);
        message.publisher(publisher);
        if (replyTo != null) {
            message.replyTo(Subject.ofDotted(replyTo, 0, replyTo.length));
        }
        if (form == NEUTRAL) {
            message.properties(takeProperties(from));
        } else if (!takeNative(from, flags)) {
            return null;
        }
        return message.keep();
    }

    private boolean takeNative(ByteBuffer from, int flags) {
        byte[] protocol = take(from);
        HeaderCodec codec =
                protocol == null ? null : codecs.get(new String(protocol, StandardCharsets.UTF_8));
        if (codec == null) {
            return false;
        }
        byte[] header = new byte[from.remaining()];
        from.get(header);
        message.header(codec, header, 0, header.length, flags);
        return true;
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private void putProperties(MessageProperties properties) {
        put(text(properties.contentType()));
        put(properties.correlation());
        put(text(properties.replyTo()));
        put(text(properties.messageId()));
        reserve(32);
        scratch.putLong(properties.timestamp()).putLong(properties.expiresAt());
        scratch.putInt(properties.priority()).put((byte) (properties.durable() ? 1 : 0));
        scratch.putInt(properties.headers().size());
        for (Header header : properties.headers()) {
            put(text(header.name()));
            put(header.value());
        }
    }

    private static MessageProperties takeProperties(ByteBuffer from) {
        String contentType = text(take(from));
        byte[] correlation = take(from);
        String replyTo = text(take(from));
        String messageId = text(take(from));
        long timestamp = from.getLong();
        long expiresAt = from.getLong();
        int priority = from.getInt();
        boolean durable = from.get() != 0;
        int count = from.getInt();
        List<Header> headers = new ArrayList<>(Math.clamp(count, 0, 64));
        for (int i = 0; i < count; i++) {
            String name = text(take(from));
            headers.add(new Header(name == null ? "" : name, take(from)));
        }
        return new MessageProperties(
                contentType,
                correlation,
                replyTo,
                messageId,
                timestamp,
                expiresAt,
                priority,
                durable,
                headers);
    }

    private static byte @Nullable [] text(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static @Nullable String text(byte @Nullable [] utf8) {
        return utf8 == null ? null : new String(utf8, StandardCharsets.UTF_8);
    }

    private void put(byte @Nullable [] bytes) {
        if (bytes == null) {
            reserve(4);
            scratch.putInt(-1);
        } else {
            reserve(4 + bytes.length);
            scratch.putInt(bytes.length).put(bytes);
        }
    }

    private static byte @Nullable [] take(ByteBuffer from) {
        int length = from.getInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        from.get(bytes);
        return bytes;
    }

    private void reserve(int more) {
        if (scratch.remaining() < more) {
            ByteBuffer larger =
                    ByteBuffer.allocate(
                            Math.max(scratch.capacity() * 2, scratch.position() + more));
            scratch = larger.put(scratch.flip());
        }
    }
}
