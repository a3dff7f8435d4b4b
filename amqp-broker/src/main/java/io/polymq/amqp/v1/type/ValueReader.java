package io.polymq.amqp.v1.type;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads values out of an array, one after the other. Values are, by AMQP's types: null, {@link
 * Boolean}, {@link Unsigned}, {@link Byte}, {@link Short}, {@link Integer}, {@link Long}, {@link
 * Float}, {@link Double}, {@link Decimal}, {@link Character32}, {@link Instant} (timestamps),
 * {@link UUID}, {@code byte[]} (binary), {@link String}, {@link Symbol}, {@link List}, {@link Map},
 * {@link AmqpArray} and {@link Described}.
 *
 * <p>Nothing is allocated for a size before that many bytes are known to be there; nesting ends at
 * {@value #MAX_DEPTH}. One thread; set to other bytes as often as one likes.
 */
public final class ValueReader {

    /** Deeper than any message that means something. */
    public static final int MAX_DEPTH = 32;

    /** Elements of an array may take no bytes at all: then this is the most of them. */
    private static final int MAX_EMPTY_ITEMS = 4096;

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes = {};
    private int at;
    private int end;

    /** Reads from here on. */
    public ValueReader over(byte[] from, int offset, int length) {
        bytes = from;
        at = offset;
        end = offset + length;
        return this;
    }

    public int position() {
        return at;
    }

    public boolean hasMore() {
        return at < end;
    }

    /**
     * The next value.
     *
     * @throws DecodeException when the bytes are none
     */
    public @Nullable Object read() {
        return read(0);
    }

    private @Nullable Object read(int depth) {
        int code = constructor();
        if (code != TypeCode.DESCRIBED) {
            return value(code, depth);
        }
        deeper(depth);
        Object descriptor = read(depth + 1);
        return new Described(descriptor, read(depth + 1));
    }

    private int constructor() {
        need(1);
        return bytes[at++] & 0xFF;
    }

    private static void deeper(int depth) {
        if (depth >= MAX_DEPTH) {
            throw new DecodeException(
                    DecodeException.Reason.TOO_DEEP, "values are nested too deeply");
        }
    }

    private void need(long count) {
        if (count > end - at) {
            throw new DecodeException(
                    DecodeException.Reason.CUT_OFF, "a value ends behind its end");
        }
    }

    private static DecodeException unknown(int code) {
        return new DecodeException(
                DecodeException.Reason.UNKNOWN_TYPE,
                "unknown type constructor 0x" + Integer.toHexString(code));
    }

    private @Nullable Object value(int code, int depth) {
        return switch (code) {
            case TypeCode.NULL -> null;
            case TypeCode.TRUE -> true;
            case TypeCode.FALSE -> false;
            case TypeCode.UINT_0 -> Unsigned.ofInt(0);
            case TypeCode.ULONG_0 -> Unsigned.ofLong(0);
            case TypeCode.LIST_0 -> new ArrayList<@Nullable Object>();
            case TypeCode.UBYTE -> Unsigned.ofByte(octet());
            case TypeCode.BYTE -> (byte) octet();
            case TypeCode.SMALL_UINT -> Unsigned.ofInt(octet());
            case TypeCode.SMALL_ULONG -> Unsigned.ofLong(octet());
            case TypeCode.SMALL_INT -> (int) (byte) octet();
            case TypeCode.SMALL_LONG -> (long) (byte) octet();
            case TypeCode.BOOLEAN -> octet() != 0;
            case TypeCode.USHORT -> Unsigned.ofShort(two());
            case TypeCode.SHORT -> (short) two();
            case TypeCode.UINT -> Unsigned.ofInt(four());
            case TypeCode.INT -> four();
            case TypeCode.FLOAT -> Float.intBitsToFloat(four());
            case TypeCode.CHAR -> new Character32(four());
            case TypeCode.ULONG -> Unsigned.ofLong(eight());
            case TypeCode.LONG -> eight();
            case TypeCode.DOUBLE -> Double.longBitsToDouble(eight());
            case TypeCode.TIMESTAMP -> Instant.ofEpochMilli(eight());
            case TypeCode.DECIMAL_32 -> new Decimal(octets(4));
            case TypeCode.DECIMAL_64 -> new Decimal(octets(8));
            case TypeCode.DECIMAL_128 -> new Decimal(octets(16));
            case TypeCode.UUID -> new UUID(eight(), eight());
            case TypeCode.BINARY_8, TypeCode.BINARY_32 -> octets(length(code));
            case TypeCode.STRING_8, TypeCode.STRING_32 ->
                    new String(octets(length(code)), StandardCharsets.UTF_8);
            case TypeCode.SYMBOL_8, TypeCode.SYMBOL_32 ->
                    new Symbol(new String(octets(length(code)), StandardCharsets.US_ASCII));
            case TypeCode.LIST_8, TypeCode.LIST_32 -> list(code, depth);
            case TypeCode.MAP_8, TypeCode.MAP_32 -> map(code, depth);
            case TypeCode.ARRAY_8, TypeCode.ARRAY_32 -> array(code, depth);
            default -> throw unknown(code);
        };
    }

    private int octet() {
        need(1);
        return bytes[at++] & 0xFF;
    }

    private int two() {
        need(2);
        int value = (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
        at += 2;
        return value;
    }

    private int four() {
        need(4);
        int value = (int) INT.get(bytes, at);
        at += 4;
        return value;
    }

    private long eight() {
        need(8);
        long value = (long) LONG.get(bytes, at);
        at += 8;
        return value;
    }

    private byte[] octets(int count) {
        need(count);
        byte[] copy = Arrays.copyOfRange(bytes, at, at + count);
        at += count;
        return copy;
    }

    /** The length or size of a variable or compound value, which is there in full. */
    private int length(int code) {
        long length = (code & 0x10) == 0 ? octet() : four() & 0xFFFF_FFFFL;
        need(length);
        return (int) length;
    }

    /** How many elements a compound has whose size has just been read. */
    private int count(int code, int limit) {
        int width = (code & 0x10) == 0 ? 1 : 4;
        if (width > limit - at) {
            throw new DecodeException(
                    DecodeException.Reason.CUT_OFF, "a compound has no room for its count");
        }
        long count = width == 1 ? octet() : four() & 0xFFFF_FFFFL;
        if (count > Math.max(limit - at, MAX_EMPTY_ITEMS)) {
            throw new DecodeException(
                    DecodeException.Reason.TOO_MANY, "a compound has no room for its elements");
        }
        return (int) count;
    }

    private void ends(int limit) {
        if (at != limit) {
            throw new DecodeException(
                    DecodeException.Reason.CUT_OFF,
                    "a compound's size is not that of its elements");
        }
    }

    private List<@Nullable Object> list(int code, int depth) {
        deeper(depth);
        int limit = length(code);
        limit += at;
        int outer = end;
        end = limit;
        int count = count(code, limit);
        List<@Nullable Object> items = new ArrayList<>(Math.min(count, 64));
        for (int i = 0; i < count; i++) {
            items.add(read(depth + 1));
        }
        ends(limit);
        end = outer;
        return items;
    }

    private Map<@Nullable Object, @Nullable Object> map(int code, int depth) {
        deeper(depth);
        int limit = length(code);
        limit += at;
        int outer = end;
        end = limit;
        int count = count(code, limit);
        if ((count & 1) != 0) {
            throw new DecodeException(
                    DecodeException.Reason.CUT_OFF, "a map has a key without a value");
        }
        Map<@Nullable Object, @Nullable Object> entries = new LinkedHashMap<>();
        for (int i = 0; i < count; i += 2) {
            Object key = read(depth + 1);
            entries.put(key, read(depth + 1));
        }
        ends(limit);
        end = outer;
        return entries;
    }

    private AmqpArray array(int code, int depth) {
        deeper(depth);
        int limit = length(code);
        limit += at;
        int outer = end;
        end = limit;
        int count = count(code, limit);
        int element = constructor();
        Object descriptor = null;
        boolean described = element == TypeCode.DESCRIBED;
        if (described) {
            descriptor = read(depth + 1);
            element = constructor();
        }
        List<@Nullable Object> items = new ArrayList<>(Math.min(count, 64));
        for (int i = 0; i < count; i++) {
            Object item = value(element, depth + 1);
            items.add(described ? new Described(descriptor, item) : item);
        }
        ends(limit);
        end = outer;
        return new AmqpArray(items);
    }

    // Without values.

    /**
     * Passes the next value, of which all that is inside has been looked at.
     *
     * @throws DecodeException as {@link #read} would
     */
    public void check() {
        check(0);
    }

    private void check(int depth) {
        int code = constructor();
        if (code == TypeCode.DESCRIBED) {
            deeper(depth);
            check(depth + 1);
            check(depth + 1);
        } else {
            checkValue(code, depth);
        }
    }

    private void checkValue(int code, int depth) {
        switch (code) {
            case TypeCode.NULL,
                    TypeCode.TRUE,
                    TypeCode.FALSE,
                    TypeCode.UINT_0,
                    TypeCode.ULONG_0,
                    TypeCode.LIST_0 -> {}
            case TypeCode.UBYTE,
                    TypeCode.BYTE,
                    TypeCode.SMALL_UINT,
                    TypeCode.SMALL_ULONG,
                    TypeCode.SMALL_INT,
                    TypeCode.SMALL_LONG,
                    TypeCode.BOOLEAN ->
                    pass(1);
            case TypeCode.USHORT, TypeCode.SHORT -> pass(2);
            case TypeCode.UINT, TypeCode.INT, TypeCode.FLOAT, TypeCode.CHAR, TypeCode.DECIMAL_32 ->
                    pass(4);
            case TypeCode.ULONG,
                    TypeCode.LONG,
                    TypeCode.DOUBLE,
                    TypeCode.TIMESTAMP,
                    TypeCode.DECIMAL_64 ->
                    pass(8);
            case TypeCode.DECIMAL_128, TypeCode.UUID -> pass(16);
            case TypeCode.BINARY_8,
                    TypeCode.BINARY_32,
                    TypeCode.STRING_8,
                    TypeCode.STRING_32,
                    TypeCode.SYMBOL_8,
                    TypeCode.SYMBOL_32 ->
                    pass(length(code));
            case TypeCode.LIST_8, TypeCode.LIST_32, TypeCode.MAP_8, TypeCode.MAP_32 ->
                    checkCompound(code, depth);
            case TypeCode.ARRAY_8, TypeCode.ARRAY_32 -> checkArray(code, depth);
            default -> throw unknown(code);
        }
    }

    private void pass(int count) {
        need(count);
        at += count;
    }

    private void checkCompound(int code, int depth) {
        deeper(depth);
        int limit = length(code);
        limit += at;
        int outer = end;
        end = limit;
        int count = count(code, limit);
        if ((count & 1) != 0 && (code & 0x0F) == 1) {
            throw new DecodeException(
                    DecodeException.Reason.CUT_OFF, "a map has a key without a value");
        }
        for (int i = 0; i < count; i++) {
            check(depth + 1);
        }
        ends(limit);
        end = outer;
    }

    private void checkArray(int code, int depth) {
        deeper(depth);
        int limit = length(code);
        limit += at;
        int outer = end;
        end = limit;
        int count = count(code, limit);
        int element = constructor();
        if (element == TypeCode.DESCRIBED) {
            check(depth + 1);
            element = constructor();
        }
        for (int i = 0; i < count; i++) {
            checkValue(element, depth + 1);
        }
        ends(limit);
        end = outer;
    }

    // Parts of compounds, for those who need only some of them.

    /**
     * Enters the list that comes next, whose elements are read from here on.
     *
     * @return how many they are; -1 when something else comes
     */
    public int enterList() {
        int code = constructor();
        if (code == TypeCode.LIST_0) {
            return 0;
        }
        return code == TypeCode.LIST_8 || code == TypeCode.LIST_32 ? enter(code) : -1;
    }

    /**
     * Enters the map that comes next.
     *
     * @return how many keys and values follow; -1 when something else comes
     */
    public int enterMap() {
        int code = constructor();
        return code == TypeCode.MAP_8 || code == TypeCode.MAP_32 ? enter(code) : -1;
    }

    private int enter(int code) {
        int limit = length(code);
        end = at + limit;
        return count(code, end);
    }

    /**
     * Enters the binary or text that comes next and stands at its first byte.
     *
     * @return its length; -1 when it is neither
     */
    public int enterBytes() {
        return switch (constructor()) {
            case TypeCode.BINARY_8 -> length(TypeCode.BINARY_8);
            case TypeCode.STRING_8 -> length(TypeCode.STRING_8);
            case TypeCode.BINARY_32 -> length(TypeCode.BINARY_32);
            case TypeCode.STRING_32 -> length(TypeCode.STRING_32);
            default -> -1;
        };
    }

    /** Passes bytes whatever they are. */
    public void skip(int count) {
        pass(count);
    }

    /** What constructor comes next; -1 at the end. */
    public int peek() {
        return at < end ? bytes[at] & 0xFF : -1;
    }

    /** Whether a constructor is that of text. */
    public static boolean isText(int code) {
        return code == TypeCode.STRING_8 || code == TypeCode.STRING_32;
    }

    /** Whether a constructor is that of binary. */
    public static boolean isBinary(int code) {
        return code == TypeCode.BINARY_8 || code == TypeCode.BINARY_32;
    }
}
