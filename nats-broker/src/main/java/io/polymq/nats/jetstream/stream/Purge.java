package io.polymq.nats.jetstream.stream;

import io.polymq.core.subject.Filter;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Which messages a purge takes. Stateless; shard zone. */
final class Purge {

    private Purge() {}

    static long of(
            MessageIndex index,
            @Nullable Filter filter,
            long before,
            long keep,
            LongConsumer remove) {
        long end = before > 0 ? Math.min(before, index.last() + 1) : index.last() + 1;
        List<SubjectEntry> entries = filter == null ? List.of() : index.matching(filter);
        if (filter != null && entries.isEmpty()) {
            return 0;
        }
        long count = filter == null ? index.messages() : 0;
        long from = filter == null ? index.first() : Long.MAX_VALUE;
        for (SubjectEntry entry : entries) {
            count += entry.count();
            from = Math.min(from, entry.first());
        }
        long most = keep > 0 ? Math.max(0, count - keep) : count;
        long purged = 0;
        if (entries.size() == 1) {
            SubjectEntry entry = entries.getFirst();
            while (purged < most && entry.count() > 0 && entry.first() < end) {
                remove.accept(entry.first());
                purged++;
            }
            return purged;
        }
        for (long at = index.next(from); at > 0 && at < end && purged < most; ) {
            long next = index.next(at + 1);
            if (filter == null || filter.matches(index.entryAt(at).subject())) {
                remove.accept(at);
                purged++;
            }
            at = next;
        }
        return purged;
    }
}
