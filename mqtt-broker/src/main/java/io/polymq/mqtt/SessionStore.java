package io.polymq.mqtt;

import io.netty.util.concurrent.EventExecutor;
import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Persistent sessions and their subscriptions: a compacted shard, keyed by tenant and client
 * identifier, and filter for a subscription, in which the newest record of a key holds and one
 * without a value is its end. Any thread; what one thread saves keeps its order.
 */
final class SessionStore {

    private static final Logger LOG = LoggerFactory.getLogger(SessionStore.class);
    private static final String SESSIONS = "mqtt.sessions";
    private static final String JOURNAL = "mqtt.journal";
    private static final int BATCH_BYTES = 256 << 10;
    private static final int READ_BYTES = 4 << 20;

    private final Shard sessions;
    private final SessionJournal journal;
    private final Durability durability;
    private final InstantSource clock;

    private SessionStore(
            Shard sessions, SessionJournal journal, Durability durability, InstantSource clock) {
        this.sessions = sessions;
        this.journal = journal;
        this.durability = durability;
        this.clock = clock;
    }

    /** Opens both shards, or makes them; blocks, so for the start of the broker. */
    static SessionStore open(
            ShardStore store, MqttSettings settings, InstantSource clock, EventExecutor executor) {
        ShardSpec plain = ShardSpec.DEFAULT.withDurability(settings.durability());
        ShardSpec compacted =
                new ShardSpec(
                        settings.durability(),
                        Duration.ZERO,
                        0,
                        0,
                        true,
                        Duration.ofHours(1),
                        plain.segmentBytes(),
                        false);
        Shard journalShard = openOrCreate(store, JOURNAL, plain);
        return new SessionStore(
                openOrCreate(store, SESSIONS, compacted),
                new SessionJournal(journalShard, settings.durability(), clock, executor),
                settings.durability(),
                clock);
    }

    private static Shard openOrCreate(ShardStore store, String name, ShardSpec spec) {
        return store.open(name).orElseGet(() -> store.create(name, spec).join());
    }

    SessionJournal journal() {
        return journal;
    }

    /** Hears whether what was saved is safe. */
    interface Saved {
        void saved(@Nullable StorageException failure);
    }

    /** What is stored: the sessions, and the subscriptions that belong to one of them. */
    record Loaded(Collection<SessionSnapshot> sessions, List<StoredSubscription> subscriptions) {}

    /** Saves a session as it is now, but for its subscriptions; nobody waits for it. */
    void save(Session session) {
        RecordBatchBuilder batch = new RecordBatchBuilder();
        batch.append(
                clock.millis(),
                SessionSnapshot.keyBytes(session.key()),
                SessionSnapshot.of(session).encode());
        append(batch, Durability.OS, failure -> {});
    }

    /** Saves new or changed subscriptions; {@code then} runs in the session's zone. */
    void subscribed(Session session, List<MqttSubscription> changed, Saved then) {
        RecordBatchBuilder batch = new RecordBatchBuilder();
        for (MqttSubscription subscription : changed) {
            StoredSubscription stored =
                    new StoredSubscription(
                            session.key(),
                            session.number(),
                            subscription.filter(),
                            subscription.options());
            batch.append(clock.millis(), stored.keyBytes(), stored.encode());
        }
        append(batch, durability, failure -> session.run(() -> then.saved(failure)));
    }

    /** Forgets subscriptions; {@code then} runs in the session's zone. */
    void unsubscribed(Session session, List<String> filters, Saved then) {
        RecordBatchBuilder batch = new RecordBatchBuilder();
        for (String filter : filters) {
            batch.append(clock.millis(), StoredSubscription.keyBytes(session.key(), filter), null);
        }
        append(batch, durability, failure -> session.run(() -> then.saved(failure)));
    }

    /** Forgets a session and the subscriptions that it had. */
    void delete(SessionKey key, Collection<String> filters) {
        RecordBatchBuilder batch = new RecordBatchBuilder();
        batch.append(clock.millis(), SessionSnapshot.keyBytes(key), null);
        for (String filter : filters) {
            if (batch.bytes() > BATCH_BYTES) {
                append(batch, Durability.OS, failure -> {});
                batch = new RecordBatchBuilder();
            }
            batch.append(clock.millis(), StoredSubscription.keyBytes(key, filter), null);
        }
        append(batch, Durability.OS, failure -> {});
    }

    private void append(RecordBatchBuilder batch, Durability level, Saved then) {
        sessions.append(
                batch.build(),
                level,
                (base, timestamp, failure) -> {
                    if (failure != null) {
                        LOG.atWarn().setCause(failure).log("a session could not be saved");
                    }
                    then.saved(failure);
                });
    }

    /** Everything that was saved and not deleted; blocks, so for the start of the broker. */
    Loaded load() throws IOException {
        Map<ByteBuffer, ByteBuffer> found = new LinkedHashMap<>();
        long at = sessions.startOffset();
        while (at < sessions.highWatermark()) {
            long next = at;
            try (var result = sessions.read(at, READ_BYTES, true).join()) {
                for (Slice slice : result.slices()) {
                    next = read(slice.toBuffer(), found);
                }
            }
            if (next == at) {
                break;
            }
            at = next;
        }
        return decode(found);
    }

    private static long read(ByteBuffer batches, Map<ByteBuffer, ByteBuffer> into) {
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batches);
        long next = 0;
        while (cursor.next()) {
            next = cursor.lastOffset() + 1;
            ByteBuffer key = cursor.key();
            ByteBuffer value = cursor.value();
            if (key == null) {
                continue;
            }
            if (value == null) {
                into.remove(key);
            } else {
                into.put(copy(key), copy(value));
            }
        }
        return next;
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    private static Loaded decode(Map<ByteBuffer, ByteBuffer> found) throws IOException {
        Map<SessionKey, SessionSnapshot> sessions = new LinkedHashMap<>();
        List<StoredSubscription> all = new ArrayList<>();
        for (Map.Entry<ByteBuffer, ByteBuffer> record : found.entrySet()) {
            try {
                if (StoredSubscription.isKey(record.getKey())) {
                    all.add(StoredSubscription.decode(record.getKey(), record.getValue()));
                } else {
                    SessionSnapshot session = SessionSnapshot.decode(record.getValue());
                    sessions.put(session.key(), session);
                }
            } catch (MqttCodecException e) {
                throw new IOException("a stored session cannot be read", e);
            }
        }
        List<StoredSubscription> live = new ArrayList<>(all.size());
        for (StoredSubscription subscription : all) {
            SessionSnapshot session = sessions.get(subscription.key());
            if (session != null && session.number() == subscription.session()) {
                live.add(subscription);
            }
        }
        return new Loaded(sessions.values(), live);
    }

    CompletableFuture<Void> flush() {
        return journal.flush();
    }
}
