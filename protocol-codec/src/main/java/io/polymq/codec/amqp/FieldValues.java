package io.polymq.codec.amqp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Field values by RabbitMQ's type letters, which differ from the specification's text: {@code l} is
 * signed 64, {@code s} is signed 16, {@code b} and {@code B} are signed and unsigned octets.
 * Nesting is bounded. Stateless.
 */
final class FieldValues {

    private static final int MAX_DEPTH = 32;

    /** So far from 1970 a time can still be told in milliseconds. */
    private static final long MOST_SECONDS = Long.MAX_VALUE / 1000;

    private FieldValues() {}

    static Map<String, @Nullable Object> decode(byte[] bytes) {
        return table(Unpooled.wrappedBuffer(bytes), bytes.length, 0);
    }

    private static Map<String, @Nullable Object> table(ByteBuf in, int length, int depth) {
        if (depth > MAX_DEPTH) {
            throw new AmqpException(ReplyCode.SYNTAX_ERROR, "a field table is nested too deeply");
        }
        int end = in.readerIndex() + length;
        Map<String, @Nullable Object> entries = new LinkedHashMap<>();
        while (in.readerIndex() < end) {
            int nameLength = in.readUnsignedByte();
            need(in, nameLength + 1, end);
            String name = in.readCharSequence(nameLength, StandardCharsets.UTF_8).toString();
            entries.put(name, value(in, end, depth));
        }
        return Collections.unmodifiableMap(entries);
    }

    private static @Nullable Object value(ByteBuf in, int end, int depth) {
        need(in, 1, end);
        int type = in.readByte();
        return switch (type) {
            case 't' -> fixed(in, 1, end).readByte() != 0;
            case 'b' -> fixed(in, 1, end).readByte();
            case 'B' -> fixed(in, 1, end).readUnsignedByte();
            case 's' -> fixed(in, 2, end).readShort();
            case 'u' -> fixed(in, 2, end).readUnsignedShort();
            case 'I' -> fixed(in, 4, end).readInt();
            case 'i' -> fixed(in, 4, end).readUnsignedInt();
            case 'l', 'L' -> fixed(in, 8, end).readLong();
            case 'f' -> fixed(in, 4, end).readFloat();
            case 'd' -> fixed(in, 8, end).readDouble();
            case 'D' -> decimal(fixed(in, 5, end));
            case 'S' -> text(longString(in, end));
            case 'x' -> longString(in, end);
            case 'T' -> time(fixed(in, 8, end).readLong());
            case 'A' -> array(in, end, depth);
            case 'F' -> table(in, length(in, end), depth + 1);
            case 'V' -> null;
            default ->
                    throw new AmqpException(
                            ReplyCode.SYNTAX_ERROR,
                            "a field table holds the unknown type " + (type & 0xFF));
        };
    }

    private static List<@Nullable Object> array(ByteBuf in, int end, int depth) {
        if (depth > MAX_DEPTH) {
            throw new AmqpException(ReplyCode.SYNTAX_ERROR, "a field array is nested too deeply");
        }
        int last = length(in, end);
        last += in.readerIndex();
        List<@Nullable Object> items = new ArrayList<>();
        while (in.readerIndex() < last) {
            items.add(value(in, last, depth + 1));
        }
        return Collections.unmodifiableList(items);
    }

    /** Clients write what they like: what no clock can show is the latest, or earliest, time. */
    private static Instant time(long seconds) {
        return Instant.ofEpochSecond(Math.clamp(seconds, -MOST_SECONDS, MOST_SECONDS));
    }

    private static BigDecimal decimal(ByteBuf in) {
        int scale = in.readUnsignedByte();
        return new BigDecimal(BigInteger.valueOf(in.readInt()), scale);
    }

    /** Text where it is one; bytes that are no UTF-8 must pass unchanged. */
    private static Object text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException notText) {
            return bytes;
        }
    }

    private static byte[] longString(ByteBuf in, int end) {
        byte[] bytes = new byte[length(in, end)];
        in.readBytes(bytes);
        return bytes;
    }

    private static int length(ByteBuf in, int end) {
        long length = fixed(in, 4, end).readUnsignedInt();
        if (length > end - in.readerIndex()) {
            throw truncated();
        }
        return (int) length;
    }

    private static ByteBuf fixed(ByteBuf in, int bytes, int end) {
        need(in, bytes, end);
        return in;
    }

    private static void need(ByteBuf in, int bytes, int end) {
        if (end - in.readerIndex() < bytes) {
            throw truncated();
        }
    }

    private static AmqpException truncated() {
        return new AmqpException(ReplyCode.SYNTAX_ERROR, "a field table is cut off");
    }

    static byte[] encode(Map<String, ? extends @Nullable Object> entries) {
        ByteBuf out = Unpooled.buffer();
        writeEntries(out, entries);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    private static void writeEntries(ByteBuf out, Map<String, ? extends @Nullable Object> entries) {
        AmqpWriter names = new AmqpWriter(out);
        entries.forEach(
                (name, value) -> {
                    names.shortString(name);
                    write(out, value);
                });
    }

    private static void write(ByteBuf out, @Nullable Object value) {
        switch (value) {
            case null -> out.writeByte('V');
            case Boolean flag -> out.writeByte('t').writeByte(flag ? 1 : 0);
            case Byte number -> out.writeByte('b').writeByte(number);
            case Short number -> out.writeByte('s').writeShort(number);
            case Integer number -> out.writeByte('I').writeInt(number);
            case Long number -> out.writeByte('l').writeLong(number);
            case Float number -> out.writeByte('f').writeFloat(number);
            case Double number -> out.writeByte('d').writeDouble(number);
            case BigDecimal number ->
                    out.writeByte('D')
                            .writeByte(number.scale())
                            .writeInt(number.unscaledValue().intValue());
            case String text ->
                    longString(out.writeByte('S'), text.getBytes(StandardCharsets.UTF_8));
            case byte[] bytes -> longString(out.writeByte('x'), bytes);
            case Instant time -> out.writeByte('T').writeLong(time.getEpochSecond());
            case List<?> items -> {
                int at = lengthLater(out.writeByte('A'));
                items.forEach(item -> write(out, item));
                out.setInt(at, out.writerIndex() - at - 4);
            }
            case Map<?, ?> nested -> {
                int at = lengthLater(out.writeByte('F'));
                AmqpWriter names = new AmqpWriter(out);
                nested.forEach(
                        (name, item) -> {
                            names.shortString(String.valueOf(name));
                            write(out, item);
                        });
                out.setInt(at, out.writerIndex() - at - 4);
            }
            default ->
                    throw new IllegalArgumentException("no field type holds a " + value.getClass());
        }
    }

    private static void longString(ByteBuf out, byte[] bytes) {
        out.writeInt(bytes.length).writeBytes(bytes);
    }

    private static int lengthLater(ByteBuf out) {
        int at = out.writerIndex();
        out.writeInt(0);
        return at;
    }
}
