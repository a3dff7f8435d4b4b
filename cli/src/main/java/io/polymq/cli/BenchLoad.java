package io.polymq.cli;

import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Publishes and subscribes as planned and measures. A payload begins with the run's number and with
 * when it should have been sent: with a rate, a publisher that is late counts its lateness in.
 */
final class BenchLoad {
    static final int LEAST_SIZE = 16;
    private static final long HIGHEST_MICROS = TimeUnit.MINUTES.toMicros(10);
    private static final int WIDTH = 40;

    /** Whom to load; lower case, as they are typed. */
    enum Protocol {
        mqtt,
        kafka,
        amqp,
        nats;

        String subject() {
            return this == mqtt ? "polymq/bench" : "polymq.bench";
        }
    }

    /**
     * What is to be done.
     *
     * @param warmUpSeconds what is sent in them counts for no latency
     */
    record Plan(
            Protocol protocol,
            String subject,
            int publishers,
            int subscribers,
            long messages,
            int size,
            double rate,
            int window,
            double warmUpSeconds,
            long timeoutSeconds) {

        long published() {
            return publishers * messages;
        }

        long delivered() {
            return published() * subscribers;
        }
    }

    /** What came of it. */
    record Result(
            long acknowledged,
            long failed,
            long delivered,
            double seconds,
            Histogram toAcknowledgement,
            Histogram toDelivery,
            boolean complete) {}

    private final Plan plan;
    private final Supplier<Messenger> connect;
    private final long run = System.nanoTime();
    private final Histogram acknowledgement = new ConcurrentHistogram(1, HIGHEST_MICROS, 3);
    private final Histogram delivery = new ConcurrentHistogram(1, HIGHEST_MICROS, 3);
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder delivered = new LongAdder();
    private volatile long warmAt;

    BenchLoad(Plan plan, Supplier<Messenger> connect) {
        this.plan = plan;
        this.connect = connect;
    }

    /**
     * @param progress where a bar is drawn; null: nowhere
     */
    Result run(@Nullable PrintStream progress) throws InterruptedException {
        List<Messenger> open = new ArrayList<>();
        try {
            for (int i = 0; i < plan.subscribers(); i++) {
                Messenger subscriber = connect.get();
                open.add(subscriber);
                subscriber.subscribe(plan.subject(), this::arrived);
            }
            List<Thread> threads = new ArrayList<>();
            long begin = System.nanoTime();
            warmAt = begin + (long) (plan.warmUpSeconds() * 1e9);
            for (int i = 0; i < plan.publishers(); i++) {
                Messenger publisher = connect.get();
                open.add(publisher);
                threads.add(
                        Thread.ofPlatform().name("publisher-" + i).start(() -> publish(publisher)));
            }
            long end = begin + TimeUnit.SECONDS.toNanos(plan.timeoutSeconds());
            while (!isDone() && System.nanoTime() < end) {
                draw(progress, begin);
                LockSupport.parkNanos(5_000_000);
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            draw(progress, begin);
            if (progress != null) {
                progress.println();
            }
            for (Thread thread : threads) {
                thread.interrupt();
                thread.join(Duration.ofSeconds(5));
            }
            return new Result(
                    acknowledged.sum(),
                    failed.sum(),
                    delivered.sum(),
                    seconds,
                    acknowledgement,
                    delivery,
                    acknowledged.sum() == plan.published() && delivered.sum() == plan.delivered());
        } finally {
            open.forEach(Messenger::close);
        }
    }

    private boolean isDone() {
        long settled = acknowledged.sum() + failed.sum();
        return settled >= plan.published()
                && delivered.sum() + failed.sum() * plan.subscribers() >= plan.delivered();
    }

    private void publish(Messenger publisher) {
        Semaphore window = new Semaphore(plan.window());
        byte[] filling = new byte[plan.size()];
        long begin = System.nanoTime();
        for (long number = 0; number < plan.messages(); number++) {
            long due =
                    plan.rate() <= 0
                            ? System.nanoTime()
                            : begin + (long) (number / plan.rate() * 1e9);
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
            }
            try {
                window.acquire();
            } catch (InterruptedException overtime) {
                return;
            }
            byte[] payload = filling.clone();
            ByteBuffer.wrap(payload).putLong(run).putLong(due);
            publisher
                    .publish(Outgoing.of(plan.subject(), payload))
                    .whenComplete(
                            (done, failure) -> {
                                window.release();
                                if (failure == null) {
                                    record(acknowledgement, due);
                                    acknowledged.increment();
                                } else {
                                    failed.increment();
                                }
                            });
        }
    }

    private void arrived(Incoming message) {
        byte[] payload = message.payload();
        if (payload.length < LEAST_SIZE) {
            return;
        }
        ByteBuffer stamp = ByteBuffer.wrap(payload);
        if (stamp.getLong() == run) { // others may use the subject
            record(delivery, stamp.getLong());
            delivered.increment();
        }
    }

    private void record(Histogram histogram, long since) {
        if (since < warmAt) {
            return;
        }
        long micros = (System.nanoTime() - since) / 1000;
        histogram.recordValue(Math.clamp(micros, 1, HIGHEST_MICROS));
    }

    private void draw(@Nullable PrintStream progress, long begin) {
        if (progress == null) {
            return;
        }
        long all = Math.max(1, plan.published() + plan.delivered());
        long now = acknowledged.sum() + failed.sum() + delivered.sum();
        int filled = (int) Math.min(WIDTH, now * WIDTH / all);
        double seconds = (System.nanoTime() - begin) / 1e9;
        progress.printf(
                Locale.ROOT,
                "\r[%s%s] %3d %%  %.0f/s ",
                "=".repeat(filled),
                " ".repeat(WIDTH - filled),
                Math.min(100, now * 100 / all),
                acknowledged.sum() / Math.max(0.001, seconds));
        progress.flush();
    }
}
