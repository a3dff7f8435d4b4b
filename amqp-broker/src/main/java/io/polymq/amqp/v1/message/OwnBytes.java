package io.polymq.amqp.v1.message;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.amqp.v1.type.ValueReader;
import io.polymq.amqp.v1.type.ValueWriter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message of AMQP 1.0 as it is kept. What other protocols take for the payload is the message's
 * payload: the content of its data sections, or of a text or binary value; all that stands around
 * that is kept beside it:
 *
 * <pre>
 *   octet form | [short pieces] | pieces x int gap | (pieces - 1) x int piece | gaps | rest
 * </pre>
 *
 * The message is gap, piece of the payload, gap, piece, and the rest. The first gap begins with the
 * header section and the message annotations, if there were any; delivery annotations were meant
 * for the broker and are not kept. One piece, the usual case, has no count. Set to other bytes as
 * often as one likes; one thread.
 */
final class OwnBytes {

    /** The payload is the content of the data sections. */
    static final int DATA = 0;

    /** The payload is the text of a value. */
    static final int TEXT = 1;

    /** The payload is the content of a binary value. */
    static final int BINARY = 2;

    /** The payload is the body's sections as they are. */
    static final int ENCODED = 3;

    /** The payload is the content of one data section whose head is written with it. */
    static final int OPEN = 4;

    /** Set when there are several pieces. */
    static final int SEVERAL = 0x80;

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final ValueReader in = new ValueReader();
    private byte[] bytes = {};
    private int form;
    private int pieces;
    private int table;
    private int first;
    private int end;
    private int headerAt;
    private int annotationsAt;
    private int annotationsEnd;
    private int bareAt;
    private int propertiesAt;
    private int applicationAt;
    private int bodyAt;

    /** False when the bytes cannot be a message's. */
    boolean over(byte[] own, int offset, int length) {
        bytes = own;
        end = offset + length;
        if (length < 5) {
            return false;
        }
        form = own[offset] & 0x0F;
        boolean several = (own[offset] & SEVERAL) != 0;
        pieces = several ? (own[offset + 1] & 0xFF) << 8 | own[offset + 2] & 0xFF : 1;
        table = offset + (several ? 3 : 1);
        first = table + 4 * (2 * pieces - 1);
        if (pieces == 0 || first > end || !isWhole()) {
            return false;
        }
        try {
            locate();
            return true;
        } catch (DecodeException unreadable) {
            return false;
        }
    }

    /** Whether the gaps are all there. */
    private boolean isWhole() {
        long all = 0;
        for (int i = 0; i < pieces; i++) {
            if (gap(i) < 0 || i < pieces - 1 && piece(i) < 0) {
                return false;
            }
            all += gap(i);
        }
        return all <= end - first;
    }

    private void locate() {
        headerAt = -1;
        annotationsAt = -1;
        annotationsEnd = first;
        bareAt = first;
        propertiesAt = -1;
        applicationAt = -1;
        bodyAt = first + gap(0);
        in.over(bytes, first, gap(0));
        while (in.hasMore()) {
            int start = in.position();
            switch (SectionCode.read(in)) {
                case SectionCode.HEADER -> {
                    headerAt = in.position();
                    in.check();
                    bareAt = in.position();
                }
                case SectionCode.MESSAGE_ANNOTATIONS -> {
                    annotationsAt = in.position();
                    in.check();
                    annotationsEnd = in.position();
                    bareAt = in.position();
                }
                case SectionCode.PROPERTIES -> {
                    propertiesAt = in.position();
                    in.check();
                }
                case SectionCode.APPLICATION_PROPERTIES -> {
                    applicationAt = in.position();
                    in.check();
                }
                default -> {
                    bodyAt = start;
                    return;
                }
            }
        }
    }

    private int number(int index) {
        return (int) INT.get(bytes, table + 4 * index);
    }

    private int gap(int piece) {
        return number(piece);
    }

    private int piece(int index) {
        return number(pieces + index);
    }

    int form() {
        return form;
    }

    /** Whether the payload is the content of data sections. */
    boolean isData() {
        return form == DATA || form == OPEN;
    }

    // Sections.

    private ValueReader at(int position) {
        return in.over(bytes, position, end - position);
    }

    Header header() {
        return headerAt < 0 ? Header.NONE : Header.read(at(headerAt));
    }

    boolean isAnnotated() {
        return annotationsAt >= 0;
    }

    /** Reads keys and values of the message annotations, if there are any, as they stand. */
    ValueReader annotationsReader() {
        return in.over(bytes, annotationsAt, annotationsEnd - annotationsAt);
    }

    byte[] bytes() {
        return bytes;
    }

    Map<String, @Nullable Object> annotations() {
        return annotationsAt < 0 ? Map.of() : texts(at(annotationsAt).read());
    }

    Properties properties() {
        return propertiesAt < 0 ? Properties.NONE : Properties.read(at(propertiesAt));
    }

    /** The absolute expiry time in milliseconds since 1970, -1 for none. */
    long expiryTime() {
        return propertiesAt < 0 ? -1 : Properties.readExpiryTime(at(propertiesAt));
    }

    Map<String, @Nullable Object> applicationProperties() {
        return applicationAt < 0 ? Map.of() : texts(at(applicationAt).read());
    }

    Sections sections() {
        return new Sections(header(), annotations(), properties(), applicationProperties());
    }

    static Map<String, @Nullable Object> texts(@Nullable Object map) {
        if (!(map instanceof Map<?, ?> entries)) {
            return Map.of();
        }
        Map<String, @Nullable Object> texts = new LinkedHashMap<>();
        entries.forEach((name, value) -> texts.put(String.valueOf(name), value));
        return texts;
    }

    // Writing it again.

    /** The bare message, and the footer. */
    void writeBare(ByteBuf out, byte[] payload, int offset, int length) {
        write(out, bareAt, payload, offset, length);
    }

    /** The body's sections, and the footer. */
    void writeBody(ByteBuf out, byte[] payload, int offset, int length) {
        write(out, bodyAt, payload, offset, length);
    }

    private void write(ByteBuf out, int from, byte[] payload, int offset, int length) {
        int at = first + gap(0);
        out.writeBytes(bytes, from, at - from);
        if (form == OPEN) {
            ValueWriter.descriptor(out, SectionCode.DATA);
            ValueWriter.binaryHead(out, length);
        }
        int payloadAt = offset;
        for (int i = 0; i < pieces - 1; i++) {
            out.writeBytes(payload, payloadAt, piece(i));
            payloadAt += piece(i);
            out.writeBytes(bytes, at, gap(i + 1));
            at += gap(i + 1);
        }
        out.writeBytes(payload, payloadAt, offset + length - payloadAt);
        out.writeBytes(bytes, at, end - at);
    }

    /** What stands behind the body of data sections: the footer, or nothing. */
    byte[] rest() {
        int at = first;
        for (int i = 0; i < pieces; i++) {
            at += gap(i);
        }
        return Arrays.copyOfRange(bytes, at, end);
    }
}
