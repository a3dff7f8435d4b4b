package io.polymq.benchmarks.queue;

import io.polymq.config.StorageConfig;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueSpec;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.core.queue.ShardQueues;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.Ticks;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Publish, deliver and acknowledge through one shard zone that the benchmark turns itself, so that
 * all of it is the work of one thread. Run with {@code -prof gc} for the allocation per message.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class QueueBenchmark {

    private static final int BATCH = 1024;

    /** What the queue is told beyond its defaults. */
    public enum Kind {
        PLAIN(QueueSpec.TRANSIENT),
        EXPIRING(QueueSpec.TRANSIENT.withMessageTtl(Duration.ofMinutes(1))),
        DEADLINE(
                QueueSpec.TRANSIENT.withRedelivery(
                        QueueSpec.Redelivery.AT_ONCE.withAckDeadline(Duration.ofSeconds(30)))),
        STICKY(QueueSpec.TRANSIENT.withDispatch(QueueSpec.Dispatch.STICKY_BY_KEY)),
        PRIORITIES(QueueSpec.TRANSIENT.withPriorities(10));

        private final QueueSpec spec;

        Kind(QueueSpec spec) {
            this.spec = spec;
        }
    }

    @Param public Kind kind;

    @Param({"1", "16"})
    public int consumers;

    private final ShardZone zone = new ShardZone("bench", Ticks.SYSTEM, () -> {});
    private ShardStore store;
    private Queue queue;
    private KeptMessage message;
    private long acknowledged;

    @Setup
    public void open() {
        store =
                ShardStores.open(
                        new StorageParams(
                                Path.of("unused"),
                                StorageConfig.DEFAULT.withDriver("memory"),
                                InstantSource.system(),
                                new PrometheusRegistry()));
        ShardQueues queues =
                new ShardQueues(
                        new ShardQueues.Params(store, List.of(zone), List.of(), Runnable::run));
        queue = queues.open("t", "q", kind.spec).join();
        message = new Message().begin(Subject.ofDotted("orders.eu"), new byte[128], 0, 128).keep();
        for (int i = 0; i < consumers; i++) {
            queue.consume(
                    new Queue.ConsumerSpec(Integer.MAX_VALUE, 0, false, false, "c" + i),
                    new Acknowledging());
        }
    }

    @TearDown
    public void close() {
        store.close();
    }

    /** Acknowledges each message by itself. */
    private final class Acknowledging implements Queue.Consumer {
        @Override
        public boolean deliver(QueuedMessage delivered, Queue.Consumption consumption) {
            consumption.ack(delivered.offset(), null);
            acknowledged++;
            return true;
        }

        @Override
        public void cancelled(String reason) {
            throw new IllegalStateException(reason);
        }
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long publishDeliverAck() {
        long until = acknowledged + BATCH;
        for (int i = 0; i < BATCH; i++) {
            queue.publish(message, null);
        }
        while (acknowledged < until) {
            zone.turn();
        }
        zone.turn();
        return acknowledged;
    }
}
