package io.polymq.nats.jetstream.consumer;

import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.MessageIndex;
import io.polymq.nats.jetstream.stream.SubjectEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which of a stream's subjects a consumer wants. Answers are remembered by the subjects' numbers,
 * so that a subject is matched once. Shard zone.
 */
final class Wants {

    private final List<Filter> filters = new ArrayList<>();
    private final @Nullable Subject only;
    private @Nullable SubjectEntry[] asked = new SubjectEntry[16];
    private boolean[] answers = new boolean[16];

    Wants(List<String> subjects) {
        for (String subject : subjects) {
            Filter filter = StreamConfig.filter(subject);
            if (filter != null) {
                filters.add(filter);
            }
        }
        only = filters.size() == 1 ? filters.getFirst().subject() : null;
    }

    List<Filter> filters() {
        return filters;
    }

    boolean all() {
        return filters.isEmpty();
    }

    boolean wants(SubjectEntry entry) {
        if (filters.isEmpty()) {
            return true;
        }
        int id = entry.id();
        if (id < 0) {
            return matches(entry.subject());
        }
        if (id >= asked.length) {
            int length = Math.max(id + 1, asked.length * 2);
            asked = Arrays.copyOf(asked, length);
            answers = Arrays.copyOf(answers, length);
        }
        if (asked[id] != entry) {
            asked[id] = entry;
            answers[id] = matches(entry.subject());
        }
        return answers[id];
    }

    private boolean matches(Subject subject) {
        for (Filter filter : filters) {
            if (filter.matches(subject)) {
                return true;
            }
        }
        return false;
    }

    /** The first wanted message at or behind a sequence, 0 when there is none. */
    long next(MessageIndex index, long from) {
        if (filters.isEmpty()) {
            return index.next(from);
        }
        if (only != null) {
            SubjectEntry entry = index.entry(only);
            return entry == null || entry.last() < from ? 0 : index.next(entry, from);
        }
        long at = index.next(from);
        while (at > 0 && !wants(index.entryAt(at))) {
            at = index.next(at + 1);
        }
        return at;
    }

    /** How many wanted messages there are from a sequence on. */
    long count(MessageIndex index, long from) {
        if (filters.isEmpty() && from <= index.first()) {
            return index.messages();
        }
        List<SubjectEntry> entries = matching(index);
        long whole = 0;
        boolean partly = false;
        for (SubjectEntry entry : entries) {
            if (entry.first() >= from) {
                whole += entry.count();
            } else if (entry.last() >= from) {
                partly = true;
            }
        }
        if (!partly) {
            return whole;
        }
        long count = 0;
        for (long at = next(index, from); at > 0; at = next(index, at + 1)) {
            count++;
        }
        return count;
    }

    List<SubjectEntry> matching(MessageIndex index) {
        if (filters.isEmpty()) {
            return index.matching(null);
        }
        List<SubjectEntry> all = new ArrayList<>();
        for (Filter filter : filters) {
            index.matching(filter, all::add);
        }
        return all;
    }
}
