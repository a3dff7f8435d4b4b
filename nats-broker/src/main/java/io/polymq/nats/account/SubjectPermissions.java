package io.polymq.nats.account;

import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.nats.options.PermissionOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Allowed and denied subjects as filters. Denying beats allowing; an entry that names a queue is
 * for subscriptions in queues of that name. Shared, immutable.
 */
public final class SubjectPermissions {

    /** Everything is allowed. */
    public static final SubjectPermissions ALL =
            of(new PermissionOptions(null, List.of(), null, List.of(), null));

    private record Entry(Filter filter, @Nullable Filter queue) {}

    private final PermissionOptions written;
    private final @Nullable List<Entry> publishAllow;
    private final List<Entry> publishDeny;
    private final @Nullable List<Entry> subscribeAllow;
    private final List<Entry> subscribeDeny;

    private SubjectPermissions(PermissionOptions written) {
        this.written = written;
        this.publishAllow = written.publishAllow() == null ? null : entries(written.publishAllow());
        this.publishDeny = entries(written.publishDeny());
        this.subscribeAllow =
                written.subscribeAllow() == null ? null : entries(written.subscribeAllow());
        this.subscribeDeny = entries(written.subscribeDeny());
    }

    /**
     * @throws IllegalArgumentException when a subject is none
     */
    public static SubjectPermissions of(PermissionOptions written) {
        return new SubjectPermissions(written);
    }

    private static List<Entry> entries(List<String> subjects) {
        List<Entry> entries = new ArrayList<>();
        for (String subject : subjects) {
            String[] words = subject.strip().split("\\s+");
            entries.add(new Entry(filter(words[0]), words.length > 1 ? filter(words[1]) : null));
        }
        return List.copyOf(entries);
    }

    private static Filter filter(String subject) {
        try {
            return Dialect.NATS.parse(subject);
        } catch (InvalidSubjectException e) {
            throw new IllegalArgumentException("\"" + subject + "\" is no valid subject", e);
        }
    }

    /** As they are written. */
    public PermissionOptions written() {
        return written;
    }

    public boolean mayPublish(Subject subject) {
        List<Entry> allow = publishAllow;
        return (allow == null || matches(allow, subject)) && !matches(publishDeny, subject);
    }

    private static boolean matches(List<Entry> entries, Subject subject) {
        for (Entry entry : entries) {
            if (entry.filter().matches(subject)) {
                return true;
            }
        }
        return false;
    }

    public boolean maySubscribe(Filter filter, @Nullable String queue) {
        List<Entry> allow = subscribeAllow;
        if (allow != null && !covers(allow, filter, queue)) {
            return false;
        }
        return !covers(subscribeDeny, filter, queue);
    }

    /**
     * Whether an entry covers the filter. Where entries for queues cover it, these alone decide for
     * a subscription in a queue.
     */
    private static boolean covers(List<Entry> entries, Filter filter, @Nullable String queue) {
        boolean plain = false;
        boolean queues = false;
        boolean named = false;
        for (Entry entry : entries) {
            if (!entry.filter().covers(filter)) {
                continue;
            }
            Filter of = entry.queue();
            if (of == null) {
                plain = true;
            } else if (queue != null) {
                queues = true;
                named |= of.matches(Subject.ofDotted(queue));
            }
        }
        return queues ? named : plain;
    }

    /** The denied part of a filter that may be subscribed: each delivery is held against it. */
    public Filter[] deniedWithin(Filter filter) {
        List<Filter> denied = new ArrayList<>();
        for (Entry entry : subscribeDeny) {
            if (entry.queue() == null && entry.filter().overlaps(filter)) {
                denied.add(entry.filter());
            }
        }
        return denied.toArray(new Filter[0]);
    }
}
