package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last messages of a recent-history exchange, for whoever is bound next. In memory; a lock is
 * held for the copy alone.
 */
final class History {

    private static final int DEFAULT = 20;
    private static final int MAX = 10_000;

    private final int size;
    private final ArrayDeque<KeptMessage> last = new ArrayDeque<>();

    private History(int size) {
        this.size = size;
    }

    /**
     * @throws ModelException when the length is no positive number
     */
    static History of(Arguments arguments) {
        Object length = arguments.get("x-recent-history-length");
        if (length == null) {
            return new History(DEFAULT);
        }
        if (length instanceof Long number && number > 0) {
            return new History((int) Math.min(number, MAX));
        }
        throw ModelException.precondition(
                "Invalid argument, 'x-recent-history-length' must be a positive integer");
    }

    void add(KeptMessage message, @Nullable Object noStore) {
        if (Boolean.TRUE.equals(noStore)) {
            return;
        }
        synchronized (last) {
            if (last.size() == size) {
                last.removeFirst();
            }
            last.addLast(message);
        }
    }

    List<KeptMessage> all() {
        synchronized (last) {
            return List.copyOf(last);
        }
    }
}
