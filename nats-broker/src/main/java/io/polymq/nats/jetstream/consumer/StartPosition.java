package io.polymq.nats.jetstream.consumer;

import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.stream.MessageIndex;
import io.polymq.nats.jetstream.stream.SubjectEntry;
import java.time.Instant;

/**
 * Where a consumer begins.
 *
 * @param next the first sequence that it looks at
 * @param skip where it begins with the last message of each subject: those, in order
 * @param skipUntil everything up to this sequence is covered by them
 */
record StartPosition(long next, long[] skip, long skipUntil) {

    private static final long[] NOTHING = {};

    static StartPosition of(ConsumerConfig config, Wants wants, MessageIndex index) {
        Fields fields = config.fields();
        long next =
                switch (fields.text("deliver_policy")) {
                    case "last" -> last(wants, index);
                    case "new" -> index.last() + 1;
                    case "by_start_sequence" ->
                            Math.max(index.first(), fields.number("opt_start_seq"));
                    case "by_start_time" -> {
                        Instant from = fields.time("opt_start_time");
                        yield from == null ? index.first() : index.firstAt(Fields.millisFrom(from));
                    }
                    default -> index.first();
                };
        next = Math.min(next, index.last() + 1);
        if (!fields.text("deliver_policy").equals("last_per_subject")) {
            return new StartPosition(next, NOTHING, 0);
        }
        long[] skip =
                wants.matching(index).stream().mapToLong(SubjectEntry::last).sorted().toArray();
        return new StartPosition(skip.length == 0 ? index.last() + 1 : next, skip, index.last());
    }

    private static long last(Wants wants, MessageIndex index) {
        if (wants.all()) {
            return Math.max(index.first(), index.last());
        }
        long last = 0;
        for (SubjectEntry entry : wants.matching(index)) {
            last = Math.max(last, entry.last());
        }
        return last == 0 ? index.last() + 1 : last;
    }
}
