package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.RetainedMessages;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** Retained messages in a map, found by trying them all. */
final class MemoryRetained implements RetainedMessages {

    private final Map<String, ConcurrentMap<Subject, Retained>> tenants = new ConcurrentHashMap<>();

    private ConcurrentMap<Subject, Retained> of(String tenant) {
        return tenants.computeIfAbsent(tenant, t -> new ConcurrentHashMap<>());
    }

    @Override
    public void put(String tenant, KeptMessage message, @Nullable Receipt receipt) {
        if (message.payload().length == 0) {
            of(tenant).remove(message.subject());
        } else {
            of(tenant).put(message.subject(), new Retained(message, System.currentTimeMillis()));
        }
        if (receipt != null) {
            receipt.done(null);
        }
    }

    @Override
    public @Nullable Retained get(String tenant, Subject subject) {
        return of(tenant).get(subject);
    }

    @Override
    public Scan scan(String tenant, Filter filter) {
        Deque<Retained> matching = new ArrayDeque<>();
        of(tenant)
                .forEach(
                        (subject, retained) -> {
                            if (filter.matches(subject)) {
                                matching.add(retained);
                            }
                        });
        return (max, to) -> {
            for (int i = 0; i < max && !matching.isEmpty(); i++) {
                to.accept(matching.poll());
            }
            return !matching.isEmpty();
        };
    }

    @Override
    public long count(String tenant) {
        return of(tenant).size();
    }

    @Override
    public long bytes(String tenant) {
        return of(tenant).values().stream().mapToLong(r -> r.message().size()).sum();
    }

    @Override
    public void clear(String tenant, @Nullable Receipt receipt) {
        of(tenant).clear();
        if (receipt != null) {
            receipt.done(null);
        }
    }
}
