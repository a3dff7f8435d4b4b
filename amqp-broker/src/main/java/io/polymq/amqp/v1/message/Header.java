package io.polymq.amqp.v1.message;

import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.amqp.v1.type.ValueReader;
import org.jspecify.annotations.Nullable;

/**
 * The header section, with the standard's defaults for what is not there.
 *
 * @param priority -1 when it is not said, which means 4
 * @param ttl milliseconds, -1 for ever
 */
public record Header(
        boolean durable, int priority, long ttl, boolean firstAcquirer, long deliveryCount) {

    public static final Header NONE = new Header(false, -1, -1, false, 0);

    static Header read(ValueReader in) {
        int fields = in.enterList();
        if (fields < 0) {
            throw SectionCode.bad("a header that is no list");
        }
        boolean durable = fields > 0 && Boolean.TRUE.equals(in.read());
        long priority = fields > 1 ? number(in.read()) : -1;
        long ttl = fields > 2 ? number(in.read()) : -1;
        boolean first = fields > 3 && Boolean.TRUE.equals(in.read());
        long count = fields > 4 ? number(in.read()) : 0;
        return new Header(durable, (int) priority, ttl, first, Math.max(0, count));
    }

    private static long number(@Nullable Object value) {
        return value instanceof Unsigned unsigned ? unsigned.value() : -1;
    }
}
