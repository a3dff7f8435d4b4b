package io.polymq.core.message;

import io.polymq.core.message.MessageProperties.Header;
import io.polymq.core.subject.Subject;
import io.polymq.storage.RecordHeaders;
import io.polymq.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages as stored records, and back. A record's value is the payload; its headers are the
 * neutral properties under readable names, for every reader that speaks Kafka, then the user's own
 * headers, and at the end one header with the writer's own bytes, so that its protocol reads back
 * exactly what was written. Shared, immutable.
 */
public final class MessageRecords {

    public static final String CONTENT_TYPE = "content-type";
    public static final String CORRELATION = "correlation-id";
    public static final String REPLY_TO = "reply-to";
    public static final String MESSAGE_ID = "message-id";
    public static final String TIMESTAMP = "timestamp";
    public static final String EXPIRES_AT = "expires-at";
    public static final String PRIORITY = "priority";

    /** The subject, where neither the key nor the shard tells it. */
    public static final String SUBJECT = "polymq-subject";

    /**
     * A record's key as the other protocols see it; a publisher that sets it chooses the key of the
     * record.
     */
    public static final String KEY = "polymq-key";

    /** The writer's protocol, flags and header. */
    public static final String NATIVE = "polymq-native";

    /** What a message is recognised by that its publisher may hand over once more. */
    public static final String ORIGIN = "polymq-origin";

    private final Map<String, HeaderCodec> codecs = new HashMap<>();

    /**
     * @param codecs one for each protocol whose own headers are to be read back
     */
    public MessageRecords(Iterable<HeaderCodec> codecs) {
        for (HeaderCodec codec : codecs) {
            this.codecs.put(codec.protocol(), codec);
        }
    }

    /**
     * Adds what belongs into a record's headers.
     *
     * @param withSubject whether the record must tell its subject itself
     * @param now milliseconds since 1970, from which relative expiries count
     */
    public void encode(Message message, boolean withSubject, long now, RecordHeaders to) {
        if (withSubject) {
            to.add(SUBJECT, message.subject().dotted());
        }
        MessageProperties properties = message.properties();
        add(to, CONTENT_TYPE, properties.contentType());
        byte[] correlation = properties.correlation();
        if (correlation != null) {
            to.add(CORRELATION, correlation);
        }
        Subject replyTo = message.replyTo();
        add(to, REPLY_TO, replyTo != null ? replyTo.toString() : properties.replyTo());
        add(to, MESSAGE_ID, properties.messageId());
        add(to, TIMESTAMP, properties.timestamp());
        add(to, EXPIRES_AT, message.expiresAt(now));
        add(to, PRIORITY, properties.priority());
        for (Header header : properties.headers()) {
            byte[] value = header.value();
            if (!header.name().equals(KEY)) {
                to.add(header.name(), value == null ? null : ByteBuffer.wrap(value));
            }
        }
        Origin origin = message.origin();
        if (origin != null) {
            to.add(ORIGIN, origin.mark());
        }
        HeaderCodec codec = message.headerCodec();
        if (codec != null && (message.headerLength() > 0 || message.flags() != 0)) {
            to.add(NATIVE, nativeOf(message, codec));
        }
    }

    /** The key that the publisher asked for; null when it did not. */
    public static byte @Nullable [] keyOf(Message message) {
        for (Header header : message.properties().headers()) {
            if (header.name().equals(KEY)) {
                return header.value();
            }
        }
        return null;
    }

    /**
     * Fills a message with a record. The payload is copied out of the record, so the message may be
     * used after it.
     *
     * @param implied the subject of records that do not tell theirs
     */
    public Message read(StoredRecord record, Subject implied, Message into) {
        ByteBuffer value = record.value();
        byte[] payload = value == null ? new byte[0] : bytes(value);
        List<StoredRecord.Header> headers = record.headers();
        Reader reader = new Reader(record.key());
        for (StoredRecord.Header header : headers) {
            reader.take(header);
        }
        Subject subject = reader.subject == null ? implied : reader.subject;
        into.begin(subject, payload, 0, payload.length);
        ByteBuffer own = reader.own;
        if (own == null || !readNative(own, into)) {
            into.properties(reader.properties(subject));
        }
        if (reader.replyTo != null) {
            into.replyTo(Subject.ofDotted(reader.replyTo));
        }
        return into;
    }

    private static byte[] nativeOf(Message message, HeaderCodec codec) {
        byte[] name = codec.protocol().getBytes(StandardCharsets.UTF_8);
        byte[] bytes = new byte[1 + name.length + 4 + message.headerLength()];
        ByteBuffer.wrap(bytes)
                .put((byte) name.length)
                .put(name)
                .putInt(message.flags())
                .put(message.header(), message.headerOffset(), message.headerLength());
        return bytes;
    }

    /** False when the writer's protocol is not known here, or the bytes are not of this form. */
    private boolean readNative(ByteBuffer own, Message into) {
        byte[] bytes = bytes(own);
        int nameLength = bytes.length == 0 ? 0 : bytes[0] & 0xFF;
        if (bytes.length < 1 + nameLength + 4) {
            return false;
        }
        HeaderCodec codec = codecs.get(new String(bytes, 1, nameLength, StandardCharsets.UTF_8));
        if (codec == null) {
            return false;
        }
        int flags = ByteBuffer.wrap(bytes).getInt(1 + nameLength);
        int at = 1 + nameLength + 4;
        into.header(codec, bytes, at, bytes.length - at, flags);
        return true;
    }

    private static void add(RecordHeaders to, String name, @Nullable String text) {
        if (text != null) {
            to.add(name, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void add(RecordHeaders to, String name, long number) {
        if (number >= 0) {
            to.add(name, Long.toString(number).getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }

    /** Sorts a record's headers into properties and the user's own. */
    private static final class Reader {

        private final List<Header> headers = new ArrayList<>();
        private final byte @Nullable [] key;
        private @Nullable Subject subject;
        private @Nullable ByteBuffer own;
        private @Nullable String contentType;
        private byte @Nullable [] correlation;
        private @Nullable String replyTo;
        private @Nullable String messageId;
        private long timestamp = -1;
        private long expiresAt = -1;
        private long priority = -1;

        Reader(@Nullable ByteBuffer key) {
            this.key = key == null ? null : bytes(key);
        }

        void take(StoredRecord.Header header) {
            ByteBuffer value = header.value();
            if (value == null || !takeOwn(header.name(), value)) {
                headers.add(new Header(header.name(), value == null ? null : bytes(value)));
            }
        }

        /**
         * False when it is one of the user's: a second one of a name, or one that does not parse.
         */
        private boolean takeOwn(String name, ByteBuffer value) {
            switch (name) {
                case SUBJECT -> {
                    byte[] text = bytes(value);
                    subject = Subject.ofDotted(text, 0, text.length);
                    return true;
                }
                case NATIVE -> {
                    own = value;
                    return true;
                }
                case ORIGIN -> {
                    return true;
                }
                case CONTENT_TYPE -> {
                    boolean free = contentType == null;
                    contentType = free ? text(value) : contentType;
                    return free;
                }
                case CORRELATION -> {
                    boolean free = correlation == null;
                    correlation = free ? bytes(value) : correlation;
                    return free;
                }
                case REPLY_TO -> {
                    boolean free = replyTo == null;
                    replyTo = free ? text(value) : replyTo;
                    return free;
                }
                case MESSAGE_ID -> {
                    boolean free = messageId == null;
                    messageId = free ? text(value) : messageId;
                    return free;
                }
                case TIMESTAMP -> {
                    boolean free = timestamp < 0;
                    timestamp = free ? number(value) : timestamp;
                    return free && timestamp >= 0;
                }
                case EXPIRES_AT -> {
                    boolean free = expiresAt < 0;
                    expiresAt = free ? number(value) : expiresAt;
                    return free && expiresAt >= 0;
                }
                case PRIORITY -> {
                    boolean free = priority < 0;
                    priority = free ? Math.min(number(value), 255) : priority;
                    return free && priority >= 0;
                }
                default -> {
                    return false;
                }
            }
        }

        /** A key that is the subject is the writer's habit and tells nothing more. */
        MessageProperties properties(Subject of) {
            if (key != null && !Arrays.equals(key, of.dotted())) {
                headers.addFirst(new Header(KEY, key));
            }
            return new MessageProperties(
                    contentType,
                    correlation,
                    replyTo,
                    messageId,
                    timestamp,
                    expiresAt,
                    (int) priority,
                    true,
                    List.copyOf(headers));
        }

        private static String text(ByteBuffer value) {
            return StandardCharsets.UTF_8.decode(value.duplicate()).toString();
        }

        /** Decimal digits only, eighteen at most; -1 for anything else. */
        private static long number(ByteBuffer value) {
            int digits = value.remaining();
            if (digits == 0 || digits > 18) {
                return -1;
            }
            long number = 0;
            for (int i = value.position(); i < value.limit(); i++) {
                int digit = value.get(i) - '0';
                if (digit < 0 || digit > 9) {
                    return -1;
                }
                number = number * 10 + digit;
            }
            return number;
        }
    }
}
