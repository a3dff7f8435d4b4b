package io.polymq.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.StorageConfig;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.Ticks;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Queues on a zone that the test turns by hand, under a clock that the test moves. */
final class Yard implements AutoCloseable {

    static final long EPOCH = 1_700_000_000_000L;

    private long millis;
    final Ticks ticks =
            new Ticks(() -> Instant.ofEpochMilli(EPOCH + millis), () -> millis * 1_000_000L);
    final ShardZone zone = new ShardZone("yard", ticks, () -> {});
    final ShardStore store;
    final ShardQueues queues;

    Yard(ShardStore store) {
        this(store, 0);
    }

    /**
     * @param millis since the epoch of the test
     */
    Yard(ShardStore store, long millis) {
        this.millis = millis;
        this.store = store;
        queues =
                new ShardQueues(
                        new ShardQueues.Params(
                                store, List.of(zone), List.<HeaderCodec>of(), Runnable::run));
    }

    static Yard inMemory() {
        return new Yard(memoryStore());
    }

    static ShardStore memoryStore() {
        return ShardStores.open(
                new StorageParams(
                        Path.of("unused"),
                        StorageConfig.DEFAULT.withDriver("memory"),
                        InstantSource.system(),
                        new PrometheusRegistry()));
    }

    static ShardStore onDisk(String driver, Path folder) {
        return ShardStores.open(
                new StorageParams(
                        folder,
                        StorageConfig.DEFAULT.withDriver(driver),
                        InstantSource.system(),
                        new PrometheusRegistry()));
    }

    /** Turns until nothing is left to do in the zone itself. */
    void settle() {
        while (zone.turn()) {
            // as long as it takes
        }
    }

    /** Turns until the condition holds; the store's threads may have a part in it. */
    void await(BooleanSupplier condition) {
        long until = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (!zone.turn()) {
                Thread.onSpinWait();
            }
            if (System.nanoTime() > until) {
                throw new AssertionError("it never came true");
            }
        }
        settle();
    }

    /** Waits for so many, and wants no more. */
    void awaitTaken(Taker taker, int number) {
        await(() -> taker.taken.size() >= number);
        assertThat(taker.taken).hasSize(number);
    }

    <T> T get(CompletableFuture<T> future) {
        await(future::isDone);
        return future.join();
    }

    void pass(Duration time) {
        millis += time.toMillis();
        settle();
    }

    Queue queue(String name, QueueSpec spec) {
        return get(queues.open("t", name, spec));
    }

    void publish(Queue queue, String... payloads) {
        for (String payload : payloads) {
            publish(queue, message(payload));
        }
    }

    /** Safe when this returns. */
    void publish(Queue queue, KeptMessage message) {
        Done done = new Done();
        queue.publish(message, done.receipt());
        await(done::isDone);
        if (done.failure != null) {
            throw new AssertionError(done.failure);
        }
    }

    @Nullable Throwable tryPublish(Queue queue, KeptMessage message) {
        Done done = new Done();
        queue.publish(message, done.receipt());
        await(done::isDone);
        return done.failure;
    }

    @Nullable QueuedMessage getOne(Queue queue, Queue.Consumption by) {
        QueuedMessage[] got = new QueuedMessage[1];
        boolean[] answered = new boolean[1];
        queue.get(
                by,
                message -> {
                    got[0] = message;
                    answered[0] = true;
                });
        await(() -> answered[0]);
        return got[0];
    }

    QueueStatistics statistics(Queue queue) {
        return get(queue.statistics());
    }

    static KeptMessage message(String payload) {
        return message("s", payload, -1, -1);
    }

    static KeptMessage message(String subject, String payload, long expiresAt, int priority) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        return new Message()
                .begin(Subject.ofDotted(subject), bytes, 0, bytes.length)
                .properties(
                        new MessageProperties(
                                null, null, null, null, -1, expiresAt, priority, true, List.of()))
                .keep();
    }

    static String text(QueuedMessage message) {
        return new String(message.message().payload(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        get(queues.shut());
        store.close();
    }

    /** Waits for a receipt. */
    static final class Done {
        private volatile boolean done;
        volatile @Nullable Throwable failure;

        Receipt receipt() {
            Receipt receipt =
                    new Receipt(
                            cause -> {
                                failure = cause;
                                done = true;
                            });
            receipt.expect();
            receipt.seal();
            return receipt;
        }

        boolean isDone() {
            return done;
        }
    }

    /** Writes down what it is given. */
    static final class Taker implements Queue.Consumer {
        /** Null: it wants every message. */
        private final @Nullable Predicate<String> wanted;

        final List<QueuedMessage> taken = new ArrayList<>();
        final List<Long> overdue = new ArrayList<>();
        @Nullable String cancelled;
        @Nullable QueueException refused;
        boolean active;
        boolean gone;
        int flushes;

        Taker() {
            this(null);
        }

        Taker(@Nullable Predicate<String> wanted) {
            this.wanted = wanted;
        }

        @Override
        public boolean isSelective() {
            return wanted != null;
        }

        @Override
        public boolean wants(KeptMessage message) {
            return wanted == null
                    || wanted.test(new String(message.payload(), StandardCharsets.UTF_8));
        }

        @Override
        public boolean deliver(QueuedMessage message, Queue.Consumption consumption) {
            if (gone) {
                return false;
            }
            taken.add(message);
            return true;
        }

        @Override
        public void flush() {
            flushes++;
        }

        @Override
        public void overdue(long offset) {
            overdue.add(offset);
        }

        @Override
        public void cancelled(String reason) {
            cancelled = reason;
        }

        @Override
        public void refused(QueueException why) {
            refused = why;
        }

        @Override
        public void active(boolean now) {
            active = now;
        }

        List<String> texts() {
            return taken.stream().map(Yard::text).toList();
        }

        QueuedMessage last() {
            return taken.getLast();
        }
    }

    static Queue.ConsumerSpec credit(int credit) {
        return new Queue.ConsumerSpec(credit, 0, false, false, "c");
    }

    static Queue.ConsumerSpec auto() {
        return new Queue.ConsumerSpec(Integer.MAX_VALUE, 0, false, true, "auto");
    }

    static List<String> list(String... items) {
        return Arrays.asList(items);
    }
}
