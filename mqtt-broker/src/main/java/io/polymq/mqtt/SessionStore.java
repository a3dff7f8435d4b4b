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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of persistent sessions: a compacted shard, keyed by tenant and client identifier,
 * in which the newest record of a key is the session and one without a value is its end. Any
 * thread; what one thread saves keeps its order.
 */
final class SessionStore {

    private static final Logger LOG = LoggerFactory.getLogger(SessionStore.class);
    private static final String SESSIONS = "mqtt.sessions";
    private static final String JOURNAL = "mqtt.journal";

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

    /**
     * Saves a session as it is now.
     *
     * @param then runs in the session's zone when it is safe; null when nobody waits
     */
    void save(Session session, @Nullable Runnable then) {
        append(
                SessionSnapshot.keyBytes(session.key()),
                SessionSnapshot.of(session).encode(),
                then == null ? Durability.OS : durability,
                then == null ? () -> {} : () -> session.run(then));
    }

    void delete(SessionKey key) {
        append(SessionSnapshot.keyBytes(key), null, Durability.OS, () -> {});
    }

    private void append(
            ByteBuffer key, @Nullable ByteBuffer value, Durability level, Runnable then) {
        RecordBatchBuilder batch = new RecordBatchBuilder();
        batch.append(clock.millis(), key, value);
        sessions.append(
                batch.build(),
                level,
                (base, timestamp, failure) -> {
                    if (failure != null) {
                        LOG.atWarn().setCause(failure).log("a session could not be saved");
                    }
                    then.run();
                });
    }

    /** Every session that was saved and not deleted; blocks, so for the start of the broker. */
    Collection<SessionSnapshot> load() throws IOException {
        Map<ByteBuffer, SessionSnapshot> found = new LinkedHashMap<>();
        long at = sessions.startOffset();
        while (at < sessions.highWatermark()) {
            long next = at;
            try (var result = sessions.read(at, 4 << 20, true).join()) {
                for (Slice slice : result.slices()) {
                    next = read(slice.toBuffer(), found);
                }
            }
            if (next == at) {
                break;
            }
            at = next;
        }
        return found.values();
    }

    private static long read(ByteBuffer batches, Map<ByteBuffer, SessionSnapshot> into)
            throws IOException {
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batches);
        long next = 0;
        while (cursor.next()) {
            next = cursor.lastOffset() + 1;
            ByteBuffer key = cursor.key();
            ByteBuffer value = cursor.value();
            if (key == null) {
                continue;
            }
            ByteBuffer owned = ByteBuffer.allocate(key.remaining()).put(key).flip();
            if (value == null) {
                into.remove(owned);
                continue;
            }
            try {
                into.put(owned, SessionSnapshot.decode(value));
            } catch (MqttCodecException e) {
                throw new IOException("a stored session cannot be read", e);
            }
        }
        return next;
    }

    CompletableFuture<Void> flush() {
        return journal.flush();
    }
}
