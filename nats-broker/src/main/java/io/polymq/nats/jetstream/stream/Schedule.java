package io.polymq.nats.jetstream.stream;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When a scheduled message is due: {@code @at} a time, {@code @every} so often, {@code @hourly} and
 * its like, or six cron fields from seconds to days of the week, in UTC. Stateless.
 */
final class Schedule {

    private static final int[] LEAST = {0, 0, 0, 1, 1, 0};
    private static final int[] MOST = {59, 59, 23, 31, 12, 7};
    private static final Map<String, String> NAMED =
            Map.of(
                    "@yearly", "0 0 0 1 1 *",
                    "@annually", "0 0 0 1 1 *",
                    "@monthly", "0 0 0 1 * *",
                    "@weekly", "0 0 0 * * 0",
                    "@daily", "0 0 0 * * *",
                    "@midnight", "0 0 0 * * *",
                    "@hourly", "0 0 * * * *");
    private static final int FARTHEST_DAYS = 366 * 5;
    private static final long NEVER = -1;

    private Schedule() {}

    static boolean isValid(String text) {
        return text.startsWith("@at ") ? at(text) != NEVER : next(text, 0) != NEVER;
    }

    /** Whether it is over once it was due. */
    static boolean isOnce(String text) {
        return text.startsWith("@at ");
    }

    /** When it is due after a time, both in milliseconds since 1970; -1 for never. */
    static long next(String text, long after) {
        if (text.startsWith("@at ")) {
            return at(text);
        }
        if (text.startsWith("@every ")) {
            long nanos = MsgHeaders.duration(text.substring(7).strip());
            return nanos < 1_000_000_000L ? NEVER : after + nanos / 1_000_000;
        }
        String cron = NAMED.getOrDefault(text, text);
        BitSet[] fields = fields(cron);
        return fields == null ? NEVER : next(fields, after);
    }

    private static long at(String text) {
        try {
            return OffsetDateTime.parse(text.substring(4).strip()).toInstant().toEpochMilli();
        } catch (DateTimeException e) {
            return NEVER;
        }
    }

    private static BitSet @Nullable [] fields(String cron) {
        String[] parts = cron.strip().split("\\s+");
        if (parts.length != 6) {
            return null;
        }
        BitSet[] fields = new BitSet[6];
        for (int i = 0; i < 6; i++) {
            BitSet field = field(parts[i], LEAST[i], MOST[i]);
            if (field == null) {
                return null;
            }
            fields[i] = field;
        }
        if (fields[5].get(7)) {
            fields[5].set(0);
        }
        return fields;
    }

    private static @Nullable BitSet field(String text, int least, int most) {
        BitSet set = new BitSet();
        for (String item : text.split(",", -1)) {
            int slash = item.indexOf('/');
            String range = slash < 0 ? item : item.substring(0, slash);
            long step = slash < 0 ? 1 : MsgHeaders.number(item.substring(slash + 1));
            int dash = range.indexOf('-');
            boolean all = range.equals("*") || range.equals("?");
            long from =
                    all ? least : MsgHeaders.number(dash < 0 ? range : range.substring(0, dash));
            long to = all ? most : dash < 0 ? from : MsgHeaders.number(range.substring(dash + 1));
            if (dash < 0 && slash >= 0 && !all) {
                to = most;
            }
            if (step < 1 || from < least || to > most || from > to) {
                return null;
            }
            for (long value = from; value <= to; value += step) {
                set.set((int) value);
            }
        }
        return set;
    }

    private static long next(BitSet[] fields, long after) {
        ZonedDateTime time =
                Instant.ofEpochMilli(after)
                        .atZone(ZoneOffset.UTC)
                        .truncatedTo(ChronoUnit.SECONDS)
                        .plusSeconds(1);
        ZonedDateTime last = time.plusDays(FARTHEST_DAYS);
        while (time.isBefore(last)) {
            boolean day =
                    fields[4].get(time.getMonthValue())
                            && fields[3].get(time.getDayOfMonth())
                            && fields[5].get(time.getDayOfWeek().getValue() % 7);
            if (!day) {
                time = time.truncatedTo(ChronoUnit.DAYS).plusDays(1);
            } else if (!fields[2].get(time.getHour())) {
                time = time.truncatedTo(ChronoUnit.HOURS).plusHours(1);
            } else if (!fields[1].get(time.getMinute())) {
                time = time.truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
            } else if (!fields[0].get(time.getSecond())) {
                time = time.plusSeconds(1);
            } else {
                return time.toInstant().toEpochMilli();
            }
        }
        return NEVER;
    }
}
