package io.polymq.amqp.v1.type;

import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A decimal of IEEE 754-2008, passed on as its bits: 4, 8 or 16 bytes. */
public record Decimal(byte[] bits) {

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Decimal that && Arrays.equals(bits, that.bits);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bits);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bits);
    }
}
