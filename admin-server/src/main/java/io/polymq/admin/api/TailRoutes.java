package io.polymq.admin.api;

import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Filter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Watches subjects live. A tail holds what came since it was last asked, up to a bound; one that
 * nobody asks for a minute is closed when the next one begins.
 */
final class TailRoutes {
    private static final int MOST_TAILS = 64;
    private static final int MOST_WAITING = 1_000;
    private static final int MOST_AT_ONCE = 200;
    private static final long FORGOTTEN_AFTER_MILLIS = 60_000;

    private final ApiParams params;
    private final Map<String, Tail> tails = new ConcurrentHashMap<>();

    TailRoutes(ApiParams params) {
        this.params = params;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.post(
                                "/tails",
                                "Begins to watch subjects",
                                "filter, in dotted spelling",
                                this::begin)
                        .asking("tenant", "its name space"),
                AdminRoute.get("/tails/{id}", "What came since the last time", this::next)
                        .asking("wait_ms", "how long to wait for something, up to 20000"),
                AdminRoute.delete("/tails/{id}", "Watches no longer", this::end));
    }

    private static final class Tail {
        private final BlockingQueue<Taken> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
        private final AtomicLong missed = new AtomicLong();
        private final Router.Subscription subscription;
        private volatile long askedAt;

        Tail(Router.Space space, Filter filter, ApiParams params) {
            askedAt = params.clock().millis();
            subscription =
                    space.subscribe(
                            filter, null, false, message -> take(message, params.clock().millis()));
        }

        /** On the publisher's thread: what has no room is counted, and costs no copy. */
        private boolean take(Message message, long now) {
            if (waiting.remainingCapacity() == 0
                    || !waiting.offer(new Taken(message.keep(), now))) {
                missed.incrementAndGet();
            }
            return true;
        }
    }

    private record Taken(KeptMessage message, long at) {
        Map<String, Object> shown() {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("timestamp", at);
            row.putAll(Shown.message(message.lendTo(new Message())));
            return row;
        }
    }

    private Object begin(AdminCall call) {
        String text = call.json().path("filter").asText(">");
        long now = params.clock().millis();
        tails.forEach(
                (id, tail) -> {
                    if (now - tail.askedAt > FORGOTTEN_AFTER_MILLIS) {
                        close(id);
                    }
                });
        if (tails.size() >= MOST_TAILS) {
            throw new AdminRefusal(429, "Only " + MOST_TAILS + " tails may be open at once.");
        }
        Router.Space space = params.router().space(call.tenant());
        String id = UUID.randomUUID().toString();
        tails.put(id, new Tail(space, TopicRoutes.filter(text), params));
        return Map.of("id", id, "filter", text);
    }

    private Object next(AdminCall call) throws InterruptedException {
        Tail tail = tail(call);
        tail.askedAt = params.clock().millis();
        List<Map<String, Object>> items = new ArrayList<>();
        Taken first = tail.waiting.poll(call.asked("wait_ms", 0, 0, 20_000), TimeUnit.MILLISECONDS);
        for (Taken one = first; one != null; one = following(tail, items.size())) {
            items.add(one.shown());
        }
        return Map.of("items", items, "missed", tail.missed.getAndSet(0));
    }

    private static @Nullable Taken following(Tail tail, int taken) {
        return taken < MOST_AT_ONCE ? tail.waiting.poll() : null;
    }

    private @Nullable Object end(AdminCall call) {
        tail(call);
        close(call.segment("id"));
        return null;
    }

    private void close(String id) {
        Tail tail = tails.remove(id);
        if (tail != null) {
            tail.subscription.close();
        }
    }

    private Tail tail(AdminCall call) {
        Tail tail = tails.get(call.segment("id"));
        if (tail == null) {
            throw AdminRefusal.notFound("There is no such tail any more.");
        }
        return tail;
    }
}
