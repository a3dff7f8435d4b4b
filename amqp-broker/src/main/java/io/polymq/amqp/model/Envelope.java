package io.polymq.amqp.model;

import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the broker knows of a message beside what its publisher wrote: where it was published, and
 * annotations such as {@code x-death}. In a message's header it stands in front of the dialect's
 * own bytes, which are never changed:
 *
 * <pre>
 *   octet length | exchange | octet length | routing key | int length | annotations | own bytes
 * </pre>
 *
 * The first two are short strings as 0-9-1 delivers them. Immutable.
 */
public final class Envelope {

    /** The publisher wants it to survive a restart. */
    public static final int PERSISTENT = 1;

    /** The own bytes hold a time to live, or a time of expiry, that counts. */
    public static final int EXPIRES = 2;

    /** The own bytes hold a priority. */
    public static final int PRIORITY = 4;

    /** The time to live in the own bytes no longer counts and is not to be shown. */
    public static final int EXPIRY_DROPPED = 8;

    /** There are annotations. */
    public static final int ANNOTATED = 16;

    /** The publisher's CC header has had its effect and is only shown. */
    public static final int CC_DONE = 32;

    /** The annotation that tells of which transaction a message is; it is shown to nobody. */
    static final String TRANSACTION = "x-polymq-transaction";

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final @Nullable EnvelopeCodec codec;
    private final byte[] header;
    private final int offset;
    private final int length;
    private final int flags;
    private final int annotationsAt;
    private final int ownAt;
    private final String exchange;
    private final String routingKey;

    private Envelope(
            @Nullable EnvelopeCodec codec, byte[] header, int offset, int length, int flags) {
        this.codec = codec;
        this.header = header;
        this.offset = offset;
        this.length = length;
        this.flags = flags;
        int key = offset + 1 + (header[offset] & 0xFF);
        exchange = text(header, offset);
        routingKey = text(header, key);
        annotationsAt = key + 1 + (header[key] & 0xFF) + 4;
        ownAt = annotationsAt + (int) INT.get(header, annotationsAt - 4);
    }

    /** Of a kept message; null when it did not come through an exchange. */
    public static @Nullable Envelope of(KeptMessage message) {
        return message.headerCodec() instanceof EnvelopeCodec codec
                        && ownOffset(message.header(), 0, message.header().length) >= 0
                ? new Envelope(codec, message.header(), 0, message.header().length, message.flags())
                : null;
    }

    /** Of a borrowed message, valid as long as that; null when it has none. */
    public static @Nullable Envelope of(Message message) {
        return message.headerCodec() instanceof EnvelopeCodec codec
                        && ownOffset(
                                        message.header(),
                                        message.headerOffset(),
                                        message.headerLength())
                                >= 0
                ? new Envelope(
                        codec,
                        message.header(),
                        message.headerOffset(),
                        message.headerLength(),
                        message.flags())
                : null;
    }

    /** Where the dialect's own bytes begin; -1 when this is no envelope. */
    public static int ownOffset(byte[] header, int offset, int length) {
        int end = offset + length;
        int key = length < 2 ? end : offset + 1 + (header[offset] & 0xFF);
        int annotations = key >= end ? end : key + 1 + (header[key] & 0xFF);
        if (annotations + 4 > end) {
            return -1;
        }
        int size = (int) INT.get(header, annotations);
        return size < 0 || size > end - annotations - 4 ? -1 : annotations + 4 + size;
    }

    /** The bytes of a header without annotations. */
    public static int size(int exchangeLength, int keyLength, int ownLength) {
        return 6 + exchangeLength + keyLength + ownLength;
    }

    /**
     * Writes a header without annotations into the array from its beginning.
     *
     * @return how many bytes
     */
    public static int write(
            byte[] exchange, byte[] key, byte[] own, int ownOffset, int ownLength, byte[] to) {
        int at = 0;
        to[at++] = (byte) exchange.length;
        System.arraycopy(exchange, 0, to, at, exchange.length);
        at += exchange.length;
        to[at++] = (byte) key.length;
        System.arraycopy(key, 0, to, at, key.length);
        at += key.length;
        to[at++] = 0;
        to[at++] = 0;
        to[at++] = 0;
        to[at++] = 0;
        System.arraycopy(own, ownOffset, to, at, ownLength);
        return at + ownLength;
    }

    static byte[] write(
            String exchange, String key, Map<String, @Nullable Object> annotations, byte[] own) {
        byte[] from = shortString(exchange);
        byte[] routing = shortString(key);
        byte[] table = FieldTable.of(annotations).bytes();
        return ByteBuffer.allocate(size(from.length, routing.length, table.length + own.length))
                .put((byte) from.length)
                .put(from)
                .put((byte) routing.length)
                .put(routing)
                .putInt(table.length)
                .put(table)
                .put(own)
                .array();
    }

    private static byte[] shortString(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= 255 ? bytes : java.util.Arrays.copyOf(bytes, 255);
    }

    private static String text(byte[] header, int at) {
        return new String(header, at + 1, header[at] & 0xFF, StandardCharsets.UTF_8);
    }

    public String exchange() {
        return exchange;
    }

    public String routingKey() {
        return routingKey;
    }

    public int flags() {
        return flags;
    }

    /** Whose own bytes these are. */
    public EnvelopeCodec codec() {
        if (codec == null) {
            throw new IllegalStateException("an envelope without a dialect");
        }
        return codec;
    }

    /** The array in which the own bytes stand; not to be written to. */
    public byte[] bytes() {
        return header;
    }

    public int ownOffset() {
        return ownAt;
    }

    public int ownLength() {
        return offset + length - ownAt;
    }

    /** What the broker has added; empty when it has not, or when it cannot be read. */
    public Map<String, @Nullable Object> annotations() {
        Map<String, @Nullable Object> all = allAnnotations();
        if (!all.containsKey(TRANSACTION)) {
            return all;
        }
        Map<String, @Nullable Object> shown = new LinkedHashMap<>(all);
        shown.remove(TRANSACTION);
        return shown;
    }

    /** The mark of the transaction to which the message belongs; null for none. */
    @Nullable String transaction() {
        return allAnnotations().get(TRANSACTION) instanceof String mark ? mark : null;
    }

    /** With those that are shown to nobody. */
    Map<String, @Nullable Object> allAnnotations() {
        if (ownAt == annotationsAt) {
            return Map.of();
        }
        try {
            byte[] table = java.util.Arrays.copyOfRange(header, annotationsAt, ownAt);
            return FieldTable.ofBytes(table).entries();
        } catch (AmqpException unreadable) {
            return Map.of();
        }
    }

    /** The publisher's headers, with the annotations in front of those of the same name. */
    public Map<String, @Nullable Object> headers() {
        Map<String, @Nullable Object> own = codec().format().headers(header, ownAt, ownLength());
        Map<String, @Nullable Object> added = annotations();
        if (added.isEmpty()) {
            return own;
        }
        Map<String, @Nullable Object> all = new LinkedHashMap<>(own);
        all.putAll(added);
        return all;
    }
}
