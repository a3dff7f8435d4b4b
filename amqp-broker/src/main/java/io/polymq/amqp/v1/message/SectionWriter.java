package io.polymq.amqp.v1.message;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.ValueReader;
import io.polymq.amqp.v1.type.ValueWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the sections that the broker puts together itself. Stateless. */
final class SectionWriter {

    private static final byte[] EXCHANGE = name("x-exchange");
    private static final byte[] ROUTING_KEY = name("x-routing-key");

    private SectionWriter() {}

    /** A symbol in its short form. */
    private static byte[] name(String text) {
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        byte[] written = new byte[2 + ascii.length];
        written[0] = (byte) 0xA3;
        written[1] = (byte) ascii.length;
        System.arraycopy(ascii, 0, written, 2, ascii.length);
        return written;
    }

    static void header(ByteBuf out, Header header) {
        header(out, header, header.ttl(), header.firstAcquirer(), header.deliveryCount());
    }

    /**
     * The header of a delivery: what its sender has said, and what the broker knows. Fields that
     * say nothing at the end are left out.
     */
    static void header(
            ByteBuf out, Header sent, long ttl, boolean firstAcquirer, long deliveryCount) {
        ValueWriter.descriptor(out, SectionCode.HEADER);
        int count = deliveryCount > 0 ? 5 : firstAcquirer ? 4 : ttl >= 0 ? 3 : 2;
        int start = out.writerIndex();
        out.writeByte(0xC0).writeByte(0).writeByte(count);
        ValueWriter.write(out, sent.durable());
        if (sent.priority() < 0) {
            ValueWriter.write(out, null);
        } else {
            out.writeByte(0x50).writeByte(sent.priority());
        }
        if (count > 2) {
            uint(out, ttl);
        }
        if (count > 3) {
            ValueWriter.write(out, firstAcquirer);
        }
        if (count > 4) {
            uint(out, deliveryCount);
        }
        out.setByte(start + 1, out.writerIndex() - start - 2);
    }

    private static void uint(ByteBuf out, long value) {
        if (value < 0) {
            out.writeByte(0x40);
        } else {
            out.writeByte(0x70).writeInt((int) Math.min(value, 0xFFFF_FFFFL));
        }
    }

    /**
     * The message annotations: those that the publisher wrote, and in their place where they have
     * the same names those of the broker.
     *
     * @param publishers null for none
     * @param names exchange and routing key as two short strings, as an envelope begins
     */
    static void annotations(
            ByteBuf out,
            @Nullable OwnBytes publishers,
            Map<String, @Nullable Object> more,
            byte[] names,
            int namesOffset) {
        ValueWriter.descriptor(out, SectionCode.MESSAGE_ANNOTATIONS);
        int at = ValueWriter.beginMap(out);
        int count = 4;
        int exchange = names[namesOffset] & 0xFF;
        int key = namesOffset + 1 + exchange;
        out.writeBytes(EXCHANGE);
        ValueWriter.text(out, names, namesOffset + 1, exchange);
        out.writeBytes(ROUTING_KEY);
        ValueWriter.text(out, names, key + 1, names[key] & 0xFF);
        if (!more.isEmpty()) {
            for (Map.Entry<String, @Nullable Object> entry : more.entrySet()) {
                ValueWriter.write(out, new Symbol(entry.getKey()));
                ValueWriter.write(out, entry.getValue());
                count += 2;
            }
        }
        if (publishers != null && publishers.isAnnotated()) {
            count += others(out, publishers, more);
        }
        ValueWriter.endCompound(out, at, count);
    }

    private static int others(
            ByteBuf out, OwnBytes publishers, Map<String, @Nullable Object> replaced) {
        ValueReader in = publishers.annotationsReader();
        int left = in.enterMap();
        int count = 0;
        for (int i = 0; i < left; i += 2) {
            int from = in.position();
            String name = String.valueOf(in.read());
            in.check();
            if (!name.equals("x-exchange")
                    && !name.equals("x-routing-key")
                    && !replaced.containsKey(name)) {
                out.writeBytes(publishers.bytes(), from, in.position() - from);
                count += 2;
            }
        }
        return count;
    }

    /** Nothing when there are none. */
    static void applicationProperties(ByteBuf out, Map<String, @Nullable Object> entries) {
        if (entries.isEmpty()) {
            return;
        }
        ValueWriter.descriptor(out, SectionCode.APPLICATION_PROPERTIES);
        ValueWriter.write(out, entries);
    }

    /** A data section. */
    static void data(ByteBuf out, byte[] payload, int offset, int length) {
        ValueWriter.descriptor(out, SectionCode.DATA);
        ValueWriter.binaryHead(out, length);
        out.writeBytes(payload, offset, length);
    }

    /** A section of one value. */
    static void value(ByteBuf out, @Nullable Object value) {
        ValueWriter.descriptor(out, SectionCode.VALUE);
        ValueWriter.write(out, value);
    }
}
