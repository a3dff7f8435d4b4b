package io.polymq.codec.amqp;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A field table: its bytes, and its entries once someone looks. Values are, by RabbitMQ's reading
 * of the type letters: {@link Boolean}, {@link Byte}, {@link Short}, {@link Integer}, {@link Long},
 * {@link Float}, {@link Double}, {@link java.math.BigDecimal}, {@link String} (long string of
 * UTF-8), {@code byte[]} (other long strings and {@code x}), {@link java.time.Instant}, {@link
 * java.util.List}, {@link Map}, and null for void. Immutable but for the cached entries.
 */
public final class FieldTable {

    public static final FieldTable EMPTY = new FieldTable(new byte[0]);

    private final byte[] bytes;
    private @Nullable Map<String, @Nullable Object> entries;

    private FieldTable(byte[] bytes) {
        this.bytes = bytes;
    }

    /** From what stands behind the length; not copied. */
    public static FieldTable ofBytes(byte[] bytes) {
        return new FieldTable(bytes);
    }

    public static FieldTable of(Map<String, ? extends @Nullable Object> entries) {
        return entries.isEmpty() ? EMPTY : new FieldTable(FieldValues.encode(entries));
    }

    /** What stands behind the length; not to be written to. */
    public byte[] bytes() {
        return bytes;
    }

    public boolean isEmpty() {
        return bytes.length == 0;
    }

    /**
     * The entries in their order; of a name that comes twice the last.
     *
     * @throws AmqpException when the table cannot be read
     */
    public Map<String, @Nullable Object> entries() {
        Map<String, @Nullable Object> known = entries;
        if (known == null) {
            known = FieldValues.decode(bytes);
            entries = known;
        }
        return known;
    }

    public @Nullable Object get(String name) {
        return isEmpty() ? null : entries().get(name);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FieldTable that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return entries().toString();
    }
}
