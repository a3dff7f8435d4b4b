package io.polymq.core.topic;

import io.polymq.config.StorageConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.storage.Durability;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageParams;
import io.polymq.storage.StoredRecord;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Topics on a store and a metadata store, in one process. */
final class TopicRig implements AutoCloseable {

    static final String TENANT = "t";

    final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    final ShardStore store;
    final MetadataStore metadata;
    final TrieRouter router = new TrieRouter(TrieRouter.Limits.DEFAULT, 1);
    final Router.Space space = router.space(TENANT);
    final RouteCache cache = router.newCache();
    final MessageRecords records = new MessageRecords(List.of());
    final TopicCatalog topics;

    TopicRig(ShardStore store, MetadataStore metadata, TopicLimits limits) {
        this(store, metadata, limits, TenantLimits.NONE);
    }

    TopicRig(ShardStore store, MetadataStore metadata, TopicLimits limits, TenantLimits tenants) {
        this.store = store;
        this.metadata = metadata;
        this.topics =
                TopicCatalog.open(
                                new TopicParams(
                                        metadata,
                                        Drivers.of(store),
                                        router,
                                        records,
                                        limits,
                                        InstantSource.system(),
                                        executor,
                                        new PrometheusRegistry(),
                                        tenants))
                        .join();
    }

    static TopicRig inMemory() {
        return new TopicRig(memoryStore(), new MemoryMetadata(), TopicLimits.DEFAULT);
    }

    static ShardStore memoryStore() {
        return store("memory", Path.of("unused"));
    }

    static ShardStore store(String driver, Path folder) {
        return ShardStores.open(
                new StorageParams(
                        folder,
                        Defaults.with(StorageConfig.class, "driver=" + driver),
                        InstantSource.system(),
                        new PrometheusRegistry()));
    }

    Topic create(String name, int partitions) {
        return topics.create(TENANT, TopicSpec.of(name, partitions)).join();
    }

    Topic create(String name, int partitions, UnaryOperator<TopicSpec> change) {
        return topics.create(TENANT, change.apply(TopicSpec.of(name, partitions))).join();
    }

    /** Publishes; the future completes when the receipt has settled. */
    CompletableFuture<List<String>> publish(String subject, String payload) {
        CompletableFuture<List<String>> safe = new CompletableFuture<>();
        List<String> stored = new ArrayList<>();
        Receipt receipt =
                new Receipt(
                        new Receipt.Listener() {
                            @Override
                            public void stored(String topic, int partition, long offset, long at) {
                                stored.add(topic + "/" + partition + "@" + offset);
                            }

                            @Override
                            public void settled(@Nullable Throwable failure) {
                                if (failure == null) {
                                    safe.complete(stored);
                                } else {
                                    safe.completeExceptionally(failure);
                                }
                            }
                        });
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        Message message =
                new Message()
                        .begin(Subject.ofDotted(subject), bytes, 0, bytes.length)
                        .receipt(receipt);
        space.publish(cache, message);
        receipt.seal();
        return safe;
    }

    /** What a live subscriber has seen, as "subject payload". */
    List<String> subscribe(String mqtt) {
        List<String> seen = java.util.Collections.synchronizedList(new ArrayList<>());
        space.subscribe(filter(mqtt), null, false, message -> seen.add(text(message)));
        return seen;
    }

    static Filter filter(String mqtt) {
        try {
            return Dialect.MQTT.parse(mqtt);
        } catch (InvalidSubjectException bad) {
            throw new IllegalArgumentException(bad);
        }
    }

    static String text(Message message) {
        return message.subject()
                + " "
                + new String(
                        message.payload(),
                        message.payloadOffset(),
                        message.payloadLength(),
                        StandardCharsets.UTF_8);
    }

    static ByteBuffer batch(String... values) {
        return keyed(null, values);
    }

    static ByteBuffer keyed(@Nullable String key, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (String value : values) {
            builder.append(1, key == null ? null : bytes(key), bytes(value));
        }
        return builder.build();
    }

    static ByteBuffer transactional(long producer, String... values) {
        RecordBatchBuilder builder =
                new RecordBatchBuilder()
                        .attributes(RecordBatches.TRANSACTIONAL)
                        .producer(producer, (short) 0, 0);
        for (String value : values) {
            builder.append(1, null, bytes(value));
        }
        return builder.build();
    }

    static ByteBuffer marker(long producer, boolean commit) {
        ByteBuffer key = ByteBuffer.allocate(4).putShort(0, (short) 0);
        key.putShort(2, (short) (commit ? 1 : 0));
        return new RecordBatchBuilder()
                .attributes(RecordBatches.TRANSACTIONAL | RecordBatches.CONTROL)
                .producer(producer, (short) 0, -1)
                .append(1, key, ByteBuffer.allocate(6))
                .build();
    }

    static void produce(Topic topic, int partition, ByteBuffer batches) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        topic.append(
                partition,
                batches,
                Durability.SYNC,
                (base, timestamp, failure) -> {
                    if (failure == null) {
                        done.complete(null);
                    } else {
                        done.completeExceptionally(failure);
                    }
                });
        done.join();
    }

    /** Values of all records, control batches left out. */
    static List<String> values(Shard shard) {
        List<String> values = new ArrayList<>();
        for (StoredRecord record : read(shard)) {
            ByteBuffer value = record.value();
            values.add(value == null ? "null" : StandardCharsets.UTF_8.decode(value).toString());
        }
        return values;
    }

    static List<StoredRecord> read(Shard shard) {
        List<StoredRecord> records = new ArrayList<>();
        long next = shard.startOffset();
        while (next < shard.highWatermark()) {
            try (ReadResult result = shard.read(next, 1 << 20, true).join()) {
                for (Slice slice : result.slices()) {
                    RecordBatchCursor cursor = new RecordBatchCursor().reset(slice.toBuffer());
                    while (cursor.nextBatch()) {
                        next = cursor.lastOffset() + 1;
                        while (!cursor.isControl() && cursor.nextInBatch()) {
                            records.add(cursor.record());
                        }
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return records;
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Waits for the listeners' thread to have told all that happened before. */
    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("it did not happen in time");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        topics.close();
        store.close();
        metadata.close();
        executor.close();
    }
}
