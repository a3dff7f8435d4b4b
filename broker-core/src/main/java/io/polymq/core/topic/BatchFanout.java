package io.polymq.core.topic;

import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.subject.Subject;
import io.polymq.storage.AppendListener;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Shows records that come as ready batches to live subscribers. Records of a transaction are shown
 * when its commit marker is in the log, read back from there; those of an aborted one never.
 *
 * <p>Inside of its partition's writer, save where it says otherwise.
 */
final class BatchFanout {

    private static final int READ_BYTES = 1 << 20;
    private static final int CACHED_SUBJECTS = 256;
    private static final short COMMIT = 1;

    /** The end of a transaction as it stands in an append. */
    private record Marker(long producer, int delta, boolean commit) {}

    /** The first record of a producer's open transaction in an append. */
    private record Begin(long producer, int delta) {}

    private final TopicLog topic;
    private final Shard shard;
    private final Consumer<Runnable> inside;
    private final Executor executor;
    private final RecordBatchCursor cursor = new RecordBatchCursor();
    private final Message message = new Message();
    private final Map<Long, Long> open = new HashMap<>();
    private @Nullable RouteCache cache;

    /**
     * @param inside runs an action inside of the partition's writer
     * @param executor for reads that may block
     */
    BatchFanout(TopicLog topic, Shard shard, Consumer<Runnable> inside, Executor executor) {
        this.topic = topic;
        this.shard = shard;
        this.inside = inside;
        this.executor = executor;
    }

    /**
     * Shows what may be shown of batches that are about to be appended.
     *
     * @return what is to hear of the append
     */
    AppendListener before(ByteBuffer batches, AppendListener listener) {
        List<Begin> begins = new ArrayList<>(0);
        List<Marker> markers = new ArrayList<>(0);
        try {
            int delta = 0;
            cursor.reset(batches.duplicate());
            while (cursor.nextBatch()) {
                int span = (int) (cursor.lastOffset() - cursor.baseOffset()) + 1;
                boolean transactional = (cursor.attributes() & RecordBatches.TRANSACTIONAL) != 0;
                if (cursor.isControl()) {
                    markers.add(new Marker(cursor.producerId(), delta, isCommit()));
                } else if (transactional) {
                    begins.add(new Begin(cursor.producerId(), delta));
                } else {
                    showBatch();
                }
                delta += span;
            }
        } catch (StorageException malformed) {
            // the append itself will be refused, or the log's readers will say what is wrong
            topic.broken(malformed);
        }
        if (begins.isEmpty() && markers.isEmpty()) {
            return listener;
        }
        return (base, timestamp, failure) -> {
            if (failure == null) {
                inside.accept(() -> appended(base, begins, markers));
            }
            listener.appended(base, timestamp, failure);
        };
    }

    private void appended(long base, List<Begin> begins, List<Marker> markers) {
        for (Begin begin : begins) {
            open.putIfAbsent(begin.producer(), base + begin.delta());
        }
        for (Marker marker : markers) {
            Long from = open.remove(marker.producer());
            if (from != null && marker.commit() && topic.isSeen()) {
                showCommitted(marker.producer(), from, base + marker.delta());
            }
        }
    }

    /** A marker's key is its version and its type. */
    private boolean isCommit() {
        if (!cursor.nextInBatch()) {
            return false;
        }
        ByteBuffer key = cursor.key();
        return key != null && key.remaining() >= 4 && key.getShort(key.position() + 2) == COMMIT;
    }

    private void showBatch() {
        while (cursor.nextInBatch()) {
            show();
        }
    }

    private void show() {
        Subject subject = topic.subjectOf(cursor.key());
        topic.records().read(cursor.record(), subject, message);
        RouteCache routes = cache;
        if (routes == null) {
            routes = topic.newCache(CACHED_SUBJECTS);
            cache = routes;
        }
        topic.publishLive(routes, message);
    }

    private void showCommitted(long producer, long from, long end) {
        if (from >= end) {
            return;
        }
        shard.read(from, READ_BYTES, true)
                .whenCompleteAsync(
                        (result, failure) -> {
                            if (failure != null) {
                                topic.broken(failure);
                                return;
                            }
                            List<ByteBuffer> batches = new ArrayList<>();
                            try (ReadResult _ = result) {
                                for (Slice slice : result.slices()) {
                                    batches.add(slice.toBuffer());
                                }
                            } catch (IOException unreadable) {
                                topic.broken(unreadable);
                                return;
                            }
                            inside.accept(() -> showCommitted(producer, from, end, batches));
                        },
                        executor);
    }

    private void showCommitted(long producer, long from, long end, List<ByteBuffer> batches) {
        long next = from;
        for (ByteBuffer bytes : batches) {
            cursor.reset(bytes);
            while (cursor.nextBatch()) {
                boolean own =
                        cursor.producerId() == producer
                                && !cursor.isControl()
                                && cursor.baseOffset() < end
                                && (cursor.attributes() & RecordBatches.TRANSACTIONAL) != 0;
                next = Math.max(next, cursor.lastOffset() + 1);
                if (own) {
                    showBatch();
                }
            }
        }
        if (next > from) {
            showCommitted(producer, next, end);
        }
    }
}
