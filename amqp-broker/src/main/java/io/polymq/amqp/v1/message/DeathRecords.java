package io.polymq.amqp.v1.message;

import io.polymq.amqp.v1.type.AmqpArray;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a message was dead-lettered: {@code x-death} of 0-9-1 as the annotation {@code
 * x-opt-deaths}. Stateless.
 */
final class DeathRecords {

    static final String CLASSIC = "x-death";
    static final String ANNOTATION = "x-opt-deaths";

    private DeathRecords() {}

    /** Null when it is no list of tables. */
    static @Nullable AmqpArray of(@Nullable Object deaths) {
        if (!(deaths instanceof List<?> tables)) {
            return null;
        }
        List<@Nullable Object> records = new ArrayList<>(tables.size());
        for (Object table : tables) {
            if (table instanceof Map<?, ?> death) {
                records.add(record(death));
            }
        }
        return records.isEmpty() ? null : new AmqpArray(records);
    }

    private static Map<Object, @Nullable Object> record(Map<?, ?> death) {
        Map<Object, @Nullable Object> record = new LinkedHashMap<>();
        if (death.get("original-expiration") instanceof String ttl) {
            try {
                record.put(new Symbol("ttl"), Unsigned.ofInt(Long.parseLong(ttl)));
            } catch (NumberFormatException none) {
                record.put(new Symbol("ttl"), ttl);
            }
        }
        record.put(new Symbol("queue"), text(death.get("queue")));
        record.put(new Symbol("reason"), new Symbol(text(death.get("reason"))));
        long count = death.get("count") instanceof Number number ? number.longValue() : 1;
        record.put(new Symbol("count"), Unsigned.ofLong(count));
        Instant time = death.get("time") instanceof Instant at ? at : Instant.EPOCH;
        record.put(new Symbol("first-time"), time);
        record.put(new Symbol("last-time"), time);
        record.put(new Symbol("exchange"), text(death.get("exchange")));
        List<@Nullable Object> keys = new ArrayList<>(Conversion.texts(death.get("routing-keys")));
        record.put(new Symbol("routing-keys"), new AmqpArray(keys));
        return record;
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }
}
