package io.polymq.kafka.share;

import io.netty.util.concurrent.ScheduledFuture;
import io.polymq.core.topic.Topic;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.ShareFetchRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One share fetch from what it may acquire to its records. Connection zone; share-partitions tell
 * it by the loop.
 *
 * <pre>
 *   ASKING (one partition after the other) --something--> READING --> ended
 *      |  nothing                                            ^
 *      v                                                     |
 *   WAITING (at all of them, each for its part) --something, or time is up
 * </pre>
 */
final class ShareFetchOperation {

    private static final int MOST_BYTES = 55 << 20;
    private static final int MOST_RECORDS = 100_000;

    /** One partition of it. */
    static final class Part {
        final ShareKey key;
        final Topic topic;
        final CompletableFuture<SharePartition> opening;
        Errors error = Errors.NONE;
        @Nullable Acquisition acquisition;
        @Nullable SharedRead read;

        Part(ShareSession.Part of) {
            this.key = of.key();
            this.topic = of.topic();
            this.opening = of.partition();
        }

        SharePartition partition() {
            return opening.join();
        }

        boolean hasRecords() {
            return acquisition != null && !acquisition.isEmpty();
        }
    }

    private final Exchange exchange;
    private final ShareFetchRequestData request;
    private final String member;
    private final List<Part> parts;
    private final Executor blocking;
    private final Runnable then;
    private int left;
    private int next;
    private int open;
    private boolean waiting;
    private boolean failed;
    private boolean reading;
    private boolean abandoned;
    private @Nullable ScheduledFuture<?> timer;

    /**
     * @param then runs on the loop when all parts have what they get
     */
    ShareFetchOperation(
            Exchange exchange,
            ShareFetchRequestData request,
            String member,
            List<Part> parts,
            Executor blocking,
            Runnable then) {
        this.exchange = exchange;
        this.request = request;
        this.member = member;
        this.parts = parts;
        this.blocking = blocking;
        this.then = then;
        this.left = Math.min(MOST_RECORDS, request.maxRecords());
    }

    void start() {
        exchange.whenGone(this::abandon);
        List<CompletableFuture<SharePartition>> opening = new ArrayList<>();
        parts.forEach(part -> opening.add(part.opening));
        CompletableFuture<Void> all =
                CompletableFuture.allOf(opening.toArray(CompletableFuture[]::new));
        if (all.isDone()) {
            opened();
        } else {
            all.whenComplete((_, _) -> onLoop(this::opened));
        }
    }

    private void onLoop(Runnable action) {
        if (exchange.loop().inEventLoop()) {
            action.run();
        } else {
            exchange.loop().execute(action);
        }
    }

    private void opened() {
        for (Part part : parts) {
            if (part.opening.isCompletedExceptionally()) {
                part.error = part.opening.handle((_, failure) -> KafkaErrors.of(failure)).join();
                failed = true;
            }
        }
        if (parts.size() == 1 && !failed) {
            waitForSome();
        } else {
            askNext();
        }
    }

    private void askNext() {
        while (next < parts.size() && parts.get(next).error != Errors.NONE) {
            next++;
        }
        if (abandoned || next == parts.size() || left <= 0) {
            if (abandoned || failed || left < Math.min(MOST_RECORDS, request.maxRecords())) {
                readNext();
            } else {
                waitForSome();
            }
            return;
        }
        Part part = parts.get(next);
        next++;
        ask(part, left, false);
    }

    private void ask(Part part, int most, boolean waits) {
        open++;
        Acquisition acquisition =
                new Acquisition(
                        member, most, waits, _ -> exchange.loop().execute(() -> ended(part)));
        part.acquisition = acquisition;
        part.partition().ask(acquisition);
    }

    private void waitForSome() {
        int most = Math.min(MOST_RECORDS, request.maxRecords());
        if (most <= 0 || parts.isEmpty()) {
            readNext();
            return;
        }
        waiting = true;
        int each = Math.max(1, most / parts.size());
        int asked = Math.min(parts.size(), most);
        for (int i = 0; i < asked; i++) {
            ask(parts.get(i), each, true);
        }
        if (request.maxWaitMs() <= 0) {
            cancelAll();
        } else {
            timer =
                    exchange.loop()
                            .schedule(this::cancelAll, request.maxWaitMs(), TimeUnit.MILLISECONDS);
        }
    }

    private void cancelAll() {
        for (Part part : parts) {
            Acquisition acquisition = part.acquisition;
            if (acquisition != null && !reading) {
                part.partition().cancel(acquisition);
            }
        }
    }

    private void ended(Part part) {
        open--;
        Acquisition acquisition = part.acquisition;
        if (acquisition == null) {
            return;
        }
        left -= acquisition.records();
        if (!waiting) {
            askNext();
            return;
        }
        if (open == 0) {
            ScheduledFuture<?> running = timer;
            if (running != null) {
                running.cancel(false);
            }
            next = 0;
            readNext();
        } else if (!acquisition.isEmpty()) {
            cancelAll();
        }
    }

    /** Reads from where it stands, each part in what room is left. */
    private void readNext() {
        if (!reading) {
            reading = true;
            next = 0;
        }
        if (abandoned) {
            giveBackAll();
            return;
        }
        while (next < parts.size()) {
            Part part = parts.get(next);
            next++;
            Acquisition acquisition = part.acquisition;
            if (acquisition == null || acquisition.isEmpty()) {
                continue;
            }
            int bytes =
                    parts.stream()
                            .mapToInt(each -> each.read == null ? 0 : each.read.bytes())
                            .sum();
            SharedRead read =
                    new SharedRead(
                            part.partition().shard(),
                            acquisition,
                            Math.min(request.maxBytes(), MOST_BYTES) - bytes,
                            bytes == 0,
                            blocking);
            part.read = read;
            CompletableFuture<Void> done = read.start();
            if (!done.isDone()) {
                done.whenComplete((_, failure) -> onLoop(() -> goOn(part, failure)));
                return;
            }
            readEnded(part, done.isCompletedExceptionally() ? done.exceptionNow() : null);
        }
        then.run();
    }

    private void goOn(Part part, @Nullable Throwable failure) {
        readEnded(part, failure);
        readNext();
    }

    private static void readEnded(Part part, @Nullable Throwable failure) {
        Acquisition acquisition = part.acquisition;
        SharedRead read = part.read;
        if (acquisition == null || read == null) {
            return;
        }
        if (failure != null) {
            part.error = KafkaErrors.of(Futures.cause(failure));
            giveBack(part, Long.MIN_VALUE);
            part.read = null;
        } else {
            giveBack(part, read.end());
        }
    }

    /** What lies from there on was not read, and is for others. */
    private static void giveBack(Part part, long from) {
        Acquisition acquisition = part.acquisition;
        if (acquisition == null) {
            return;
        }
        for (int run = acquisition.runs() - 1; run >= 0; run--) {
            if (acquisition.last(run) >= from) {
                part.partition()
                        .giveBack(Math.max(from, acquisition.first(run)), acquisition.last(run));
            }
        }
        acquisition.cut(from);
    }

    /** The client has gone. */
    private void abandon() {
        abandoned = true;
        ScheduledFuture<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
        cancelAll();
    }

    private void giveBackAll() {
        parts.forEach(part -> giveBack(part, Long.MIN_VALUE));
    }
}
