package io.polymq.amqp.v1.type;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes values, each with the shortest constructor that holds it. Takes what {@link ValueReader}
 * gives. Stateless.
 */
public final class ValueWriter {

    private ValueWriter() {}

    /**
     * @throws IllegalArgumentException when AMQP has no type for it
     */
    public static void write(ByteBuf out, @Nullable Object value) {
        switch (value) {
            case Described described -> {
                out.writeByte(TypeCode.DESCRIBED);
                write(out, described.descriptor());
                write(out, described.value());
            }
            case String text -> {
                byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                text(out, utf8, 0, utf8.length);
            }
            case Symbol symbol -> {
                byte[] ascii = symbol.text().getBytes(StandardCharsets.US_ASCII);
                if (ascii.length <= 255) {
                    out.writeByte(TypeCode.SYMBOL_8).writeByte(ascii.length);
                } else {
                    out.writeByte(TypeCode.SYMBOL_32).writeInt(ascii.length);
                }
                out.writeBytes(ascii);
            }
            case byte[] bytes -> {
                binaryHead(out, bytes.length);
                out.writeBytes(bytes);
            }
            case null, default -> {
                int code = code(value);
                out.writeByte(code);
                body(out, code, value);
            }
        }
    }

    /** A section's or performative's descriptor. */
    public static void descriptor(ByteBuf out, int number) {
        out.writeByte(TypeCode.DESCRIBED).writeByte(TypeCode.SMALL_ULONG).writeByte(number);
    }

    /** Text that is there in bytes already. */
    public static void text(ByteBuf out, byte[] utf8, int offset, int length) {
        if (length <= 255) {
            out.writeByte(TypeCode.STRING_8).writeByte(length);
        } else {
            out.writeByte(TypeCode.STRING_32).writeInt(length);
        }
        out.writeBytes(utf8, offset, length);
    }

    /** The head of a binary of which the bytes follow. */
    public static void binaryHead(ByteBuf out, int length) {
        if (length <= 255) {
            out.writeByte(TypeCode.BINARY_8).writeByte(length);
        } else {
            out.writeByte(TypeCode.BINARY_32).writeInt(length);
        }
    }

    /**
     * Begins a map of which the entries follow, until {@link #endCompound}.
     *
     * @return where it begins
     */
    public static int beginMap(ByteBuf out) {
        out.writeByte(TypeCode.MAP_32);
        return begin(out);
    }

    public static int beginList(ByteBuf out) {
        out.writeByte(TypeCode.LIST_32);
        return begin(out);
    }

    private static int begin(ByteBuf out) {
        int at = out.writerIndex();
        out.writeLong(0);
        return at;
    }

    /**
     * @param count keys and values each count
     */
    public static void endCompound(ByteBuf out, int at, int count) {
        out.setInt(at, out.writerIndex() - at - 4);
        out.setInt(at + 4, count);
    }

    private static int code(@Nullable Object value) {
        return switch (value) {
            case null -> TypeCode.NULL;
            case Boolean flag -> flag ? TypeCode.TRUE : TypeCode.FALSE;
            case Unsigned number when number.bytes() == 4 && number.value() == 0 -> TypeCode.UINT_0;
            case Unsigned number when number.bytes() == 8 && number.value() == 0 ->
                    TypeCode.ULONG_0;
            case Unsigned number when number.bytes() == 4 && number.value() <= 255 ->
                    TypeCode.SMALL_UINT;
            case Unsigned number
                    when number.bytes() == 8 && number.value() > 0 && number.value() <= 255 ->
                    TypeCode.SMALL_ULONG;
            case Integer number when number == number.byteValue() -> TypeCode.SMALL_INT;
            case Long number when number == number.byteValue() -> TypeCode.SMALL_LONG;
            case List<?> items when items.isEmpty() -> TypeCode.LIST_0;
            default -> wide(value);
        };
    }

    /** The constructor that holds any value of the type, as arrays need it. */
    private static int wide(@Nullable Object value) {
        return switch (value) {
            case null -> TypeCode.NULL;
            case Boolean flag -> TypeCode.BOOLEAN;
            case Unsigned number ->
                    switch (number.bytes()) {
                        case 1 -> TypeCode.UBYTE;
                        case 2 -> TypeCode.USHORT;
                        case 4 -> TypeCode.UINT;
                        default -> TypeCode.ULONG;
                    };
            case Byte number -> TypeCode.BYTE;
            case Short number -> TypeCode.SHORT;
            case Integer number -> TypeCode.INT;
            case Long number -> TypeCode.LONG;
            case Float number -> TypeCode.FLOAT;
            case Double number -> TypeCode.DOUBLE;
            case Decimal number ->
                    switch (number.bits().length) {
                        case 4 -> TypeCode.DECIMAL_32;
                        case 8 -> TypeCode.DECIMAL_64;
                        default -> TypeCode.DECIMAL_128;
                    };
            case Character32 character -> TypeCode.CHAR;
            case Instant time -> TypeCode.TIMESTAMP;
            case UUID uuid -> TypeCode.UUID;
            case byte[] bytes -> TypeCode.BINARY_32;
            case String text -> TypeCode.STRING_32;
            case Symbol symbol -> TypeCode.SYMBOL_32;
            case List<?> items -> TypeCode.LIST_32;
            case Map<?, ?> entries -> TypeCode.MAP_32;
            case AmqpArray array -> TypeCode.ARRAY_32;
            default ->
                    throw new IllegalArgumentException("AMQP has no type for " + value.getClass());
        };
    }

    private static void body(ByteBuf out, int code, @Nullable Object value) {
        switch (value) {
            case null -> {}
            case Boolean flag -> {
                if (code == TypeCode.BOOLEAN) {
                    out.writeByte(flag ? 1 : 0);
                }
            }
            case Unsigned number -> whole(out, code, number.value());
            case Byte number -> out.writeByte(number);
            case Short number -> out.writeShort(number);
            case Integer number -> whole(out, code, number);
            case Long number -> whole(out, code, number);
            case Float number -> out.writeFloat(number);
            case Double number -> out.writeDouble(number);
            case Decimal number -> out.writeBytes(number.bits());
            case Character32 character -> out.writeInt(character.codePoint());
            case Instant time -> out.writeLong(time.toEpochMilli());
            case UUID uuid ->
                    out.writeLong(uuid.getMostSignificantBits())
                            .writeLong(uuid.getLeastSignificantBits());
            case byte[] bytes -> variable(out, bytes);
            case String text -> variable(out, text.getBytes(StandardCharsets.UTF_8));
            case Symbol symbol -> variable(out, symbol.text().getBytes(StandardCharsets.US_ASCII));
            case List<?> items -> {
                if (code == TypeCode.LIST_32) {
                    int at = begin(out);
                    items.forEach(item -> write(out, item));
                    endCompound(out, at, items.size());
                }
            }
            case Map<?, ?> entries -> {
                int at = begin(out);
                entries.forEach(
                        (key, item) -> {
                            write(out, key);
                            write(out, item);
                        });
                endCompound(out, at, entries.size() * 2);
            }
            case AmqpArray array -> {
                int at = begin(out);
                array(out, array);
                endCompound(out, at, array.items().size());
            }
            default ->
                    throw new IllegalArgumentException("AMQP has no type for " + value.getClass());
        }
    }

    /** The high digit of a constructor says how many bytes follow. */
    private static void whole(ByteBuf out, int code, long value) {
        switch (code >> 4) {
            case 5 -> out.writeByte((int) value);
            case 6 -> out.writeShort((int) value);
            case 7 -> out.writeInt((int) value);
            case 8 -> out.writeLong(value);
            default -> {}
        }
    }

    private static void variable(ByteBuf out, byte[] bytes) {
        out.writeInt(bytes.length).writeBytes(bytes);
    }

    private static void array(ByteBuf out, AmqpArray array) {
        Object first = array.items().isEmpty() ? null : array.items().getFirst();
        if (first instanceof Described described) {
            out.writeByte(TypeCode.DESCRIBED);
            write(out, described.descriptor());
            first = described.value();
        }
        int code = wide(first);
        out.writeByte(code);
        for (Object item : array.items()) {
            body(out, code, item instanceof Described described ? described.value() : item);
        }
    }
}
