package io.polymq.nats.jetstream.consumer;

import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.stream.HeaderBlock;
import io.polymq.nats.jetstream.stream.StreamMessage;
import io.polymq.nats.jetstream.stream.Timer;
import io.polymq.nats.jetstream.wire.Outlet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pull requests that wait at a consumer. They take turns message by message; by priority where
 * the consumer is so configured. Bounded by {@code max_waiting}. Shard zone.
 */
final class Pulls {

    private static final String PENDING_MESSAGES = "Nats-Pending-Messages";
    private static final String PENDING_BYTES = "Nats-Pending-Bytes";

    private final Consumer consumer;
    private final ShardZone zone;
    private final Outlet outlet;
    private final Timer timer;
    private final Timer pinTimer;
    private final ArrayDeque<PullRequest> waiting = new ArrayDeque<>();
    private String pinned = "";
    private long pinnedAt;
    private long lastAsked;

    Pulls(Consumer consumer, ShardZone zone, Outlet outlet) {
        this.consumer = consumer;
        this.zone = zone;
        this.outlet = outlet;
        this.timer = new Timer(zone, this::fire);
        this.pinTimer = new Timer(zone, () -> unpin("timeout"));
        this.lastAsked = zone.elapsed();
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** How many wait whose answers would still reach somebody. */
    int live() {
        sweep();
        return waiting.size();
    }

    long lastAsked() {
        return lastAsked;
    }

    String pinned() {
        return pinned;
    }

    long pinnedAt() {
        return pinnedAt;
    }

    // A new request.

    void ask(Subject reply, byte[] body) {
        lastAsked = zone.elapsed();
        Wish wish;
        try {
            wish = Wish.read(body);
        } catch (Wish.Unreadable why) {
            status(reply, 400, "Bad Request - " + why.getMessage());
            return;
        }
        String refused = refusal(wish);
        if (refused != null) {
            status(reply, refused.startsWith("Bad") ? 400 : 409, refused);
            return;
        }
        if (wish.id().isEmpty() || !isPinnedPolicy() || wish.id().equals(pinned)) {
            enter(reply, wish);
        } else {
            status(reply, 423, "Nats-Wrong-Pin-Id");
        }
    }

    private void enter(Subject reply, Wish wish) {
        if (isPinnedPolicy() && !wish.id().isEmpty()) {
            keepPin();
        }
        if (waiting.size() >= consumer.config().fields().integer("max_waiting")) {
            sweep();
            if (waiting.size() >= consumer.config().fields().integer("max_waiting")) {
                if (wish.heartbeat() == 0) {
                    status(reply, 409, "Exceeded MaxWaiting");
                }
                return;
            }
        }
        if (wish.noWait()) {
            long pending = consumer.pendingNow();
            if (pending == 0 && wish.expires() == 0) {
                status(reply, 404, "No Messages");
                return;
            }
            if (pending > 0 && pending < asked()) {
                status(reply, 408, "Requests Pending");
                return;
            }
        }
        PullRequest request = new PullRequest(reply, wish, zone.elapsed());
        put(request);
        arm();
        consumer.signal();
    }

    private long asked() {
        long sum = 0;
        for (PullRequest request : waiting) {
            sum += request.left;
        }
        return sum;
    }

    private @Nullable String refusal(Wish wish) {
        ConsumerConfig config = consumer.config();
        List<String> groups = config.fields().texts("priority_groups");
        if (!groups.isEmpty()) {
            if (wish.group().isEmpty()) {
                return "Bad Request - Priority Group missing";
            }
            if (!groups.contains(wish.group())) {
                return "Bad Request - Invalid Priority Group";
            }
        }
        long most = config.fields().number("max_batch");
        if (most > 0 && wish.batch() > most) {
            return "Exceeded MaxRequestBatch of " + most;
        }
        long longest = config.fields().number("max_expires");
        if (longest > 0 && wish.expires() > config.fields().millis("max_expires")) {
            return "Exceeded MaxRequestExpires of " + GoText.duration(longest);
        }
        long bytes = config.fields().number("max_bytes");
        if (bytes > 0 && wish.maxBytes() > bytes) {
            return "Exceeded MaxRequestMaxBytes of " + bytes;
        }
        return null;
    }

    private void put(PullRequest request) {
        if (consumer.config().priority() != ConsumerConfig.Priority.PRIORITIZED) {
            waiting.add(request);
            return;
        }
        List<PullRequest> behind = new ArrayList<>();
        while (!waiting.isEmpty() && waiting.getLast().priority > request.priority) {
            behind.addFirst(waiting.removeLast());
        }
        waiting.add(request);
        waiting.addAll(behind);
    }

    // Whose turn it is.

    /**
     * The request that gets a message of that size; it is counted there. Null when no one may have
     * it now.
     */
    @Nullable PullRequest next(int size) {
        boolean pins = isPinnedPolicy();
        long elapsed = zone.elapsed();
        for (int left = waiting.size(); left > 0 && !waiting.isEmpty(); left--) {
            PullRequest first = waiting.remove();
            if (first.isExpired(elapsed)) {
                timeOut(first);
                continue;
            }
            if (pins && !mayHavePinned(first)) {
                continue;
            }
            if (first.bytes > 0 && size > first.bytes) {
                statusLeft(first, "Message Size Exceeds MaxBytes");
                continue;
            }
            if (mustWait(first)) {
                put(first);
                continue;
            }
            if (!outlet.hasInterest(first.reply)) {
                continue;
            }
            if (pins && pinned.isEmpty()) {
                pin(first);
            }
            return first;
        }
        return null;
    }

    /** The request got its message. */
    void served(PullRequest request, int size) {
        request.left--;
        request.delivered++;
        boolean counts = request.bytes > 0;
        if (counts) {
            request.bytes -= size;
        }
        if (request.left > 0) {
            if (counts && request.bytes == 0) {
                return;
            }
            if (request.heartbeat > 0) {
                request.nextHeartbeat = zone.elapsed() + request.heartbeat;
            }
            put(request);
        } else if (counts && request.bytes > 0) {
            statusLeft(request, "Batch Completed");
        }
    }

    /** It could not have it: it keeps its place. */
    void putBack(PullRequest request) {
        waiting.addFirst(request);
    }

    private boolean mustWait(PullRequest request) {
        if (consumer.config().priority() != ConsumerConfig.Priority.OVERFLOW) {
            return false;
        }
        return request.minPending > 0 && request.minPending > consumer.pending()
                || request.minAckPending > 0 && request.minAckPending > consumer.heldCount();
    }

    // Pinning.

    private boolean isPinnedPolicy() {
        return consumer.config().priority() == ConsumerConfig.Priority.PINNED;
    }

    /** Puts back who waits for the pin; refuses who has another one. */
    private boolean mayHavePinned(PullRequest request) {
        if (request.pin.equals(pinned)) {
            return true;
        }
        if (request.pin.isEmpty()) {
            put(request);
            return false;
        }
        status(request.reply, 423, "Nats-Wrong-Pin-Id");
        return false;
    }

    private void pin(PullRequest request) {
        pinned = outlet.newId();
        pinnedAt = zone.now();
        request.pin = pinned;
        keepPin();
        consumer.advisePin("PINNED", request.group, pinned, "");
    }

    private void keepPin() {
        pinTimer.in(Math.max(1, consumer.config().fields().millis("priority_timeout")));
    }

    void unpin(String reason) {
        String former = pinned;
        pinTimer.stop();
        if (!former.isEmpty()) {
            pinned = "";
            consumer.advisePin(
                    "UNPINNED",
                    consumer.config().fields().texts("priority_groups").getFirst(),
                    former,
                    reason);
            consumer.signal();
        }
    }

    // Ends.

    /** Nothing more is there: who did not want to wait has got what there was. */
    void nothingMore() {
        for (Iterator<PullRequest> all = waiting.iterator(); all.hasNext(); ) {
            PullRequest request = all.next();
            if (request.noWait && request.delivered > 0) {
                all.remove();
                timeOut(request);
            }
        }
    }

    private void sweep() {
        long elapsed = zone.elapsed();
        for (Iterator<PullRequest> all = waiting.iterator(); all.hasNext(); ) {
            PullRequest request = all.next();
            if (request.isExpired(elapsed)) {
                all.remove();
                timeOut(request);
            } else if (!outlet.hasInterest(request.reply)) {
                all.remove();
            }
        }
    }

    private void fire() {
        long elapsed = zone.elapsed();
        for (Iterator<PullRequest> all = waiting.iterator(); all.hasNext(); ) {
            PullRequest request = all.next();
            if (request.isExpired(elapsed)) {
                all.remove();
                timeOut(request);
            } else if (request.nextHeartbeat <= elapsed) {
                request.nextHeartbeat = elapsed + request.heartbeat;
                if (outlet.hasInterest(request.reply)) {
                    outlet.send(
                            request.reply, consumer.unacked().heartbeat(""), StreamMessage.NOTHING);
                } else {
                    all.remove();
                }
            }
        }
        arm();
    }

    private void arm() {
        long due = Long.MAX_VALUE;
        for (PullRequest request : waiting) {
            due = Math.min(due, request.due());
        }
        if (due != Long.MAX_VALUE) {
            timer.within(due - zone.elapsed());
        }
    }

    private void timeOut(PullRequest request) {
        outlet.send(
                request.reply,
                HeaderBlock.status(
                        408,
                        "Request Timeout",
                        PENDING_MESSAGES,
                        Integer.toString(request.left),
                        PENDING_BYTES,
                        Long.toString(request.bytes)),
                StreamMessage.NOTHING);
    }

    private void statusLeft(PullRequest request, String text) {
        outlet.send(
                request.reply,
                HeaderBlock.status(
                        409,
                        text,
                        PENDING_MESSAGES,
                        Integer.toString(request.left),
                        PENDING_BYTES,
                        Long.toString(request.bytes)),
                StreamMessage.NOTHING);
    }

    private void status(Subject reply, int code, String text) {
        outlet.send(reply, HeaderBlock.status(code, text), StreamMessage.NOTHING);
    }

    /** The server ends: whoever waits asks another one, or this one again. */
    void serverEnds() {
        waiting.forEach(request -> statusLeft(request, "Server Shutdown"));
        waiting.clear();
    }

    /** The consumer is gone. */
    void close(String why) {
        timer.stop();
        pinTimer.stop();
        waiting.forEach(request -> status(request.reply, 409, why));
        waiting.clear();
    }
}
