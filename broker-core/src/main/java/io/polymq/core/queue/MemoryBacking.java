package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Of a transient queue: what the window has no room for is packed. Shard zone. */
final class MemoryBacking implements Backing {

    private final Level level;
    private final QueueRecords codec;
    private long next;

    /** Null while all are in the window. */
    private @Nullable PackedMessages packed;

    MemoryBacking(Level level, QueueRecords codec) {
        this.level = level;
        this.codec = codec;
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        long offset = next++;
        long now = level.core.zone().now();
        if (packed == null && level.hasRoom()) {
            level.core.admitted(level.admit(offset, message, now, 0));
        } else {
            pack(offset, message, now);
        }
        if (receipt != null) {
            receipt.done(null);
        }
    }

    private void pack(long offset, KeptMessage message, long now) {
        PackedMessages to = packed;
        if (to == null) {
            to = new PackedMessages(codec);
            packed = to;
        }
        to.add(offset, message, now);
    }

    @Override
    public void flush() {}

    @Override
    public void catchUp() {}

    @Override
    public long beyond() {
        return packed == null ? 0 : packed.count();
    }

    @Override
    public long bytesBeyond() {
        return packed == null ? 0 : packed.payload();
    }

    @Override
    public long open() {
        return 0;
    }

    @Override
    public long openBytes() {
        return 0;
    }

    @Override
    public boolean canFill() {
        return packed != null;
    }

    @Override
    public void fill() {
        PackedMessages from = packed;
        if (from != null) {
            from.takeSome(
                    (offset, message, enqueuedAt) ->
                            level.core.admitted(level.admit(offset, message, enqueuedAt, 0)));
            forgetIfEmpty(from);
        }
    }

    private void forgetIfEmpty(PackedMessages messages) {
        if (messages.count() == 0) {
            packed = null;
        }
    }

    @Override
    public boolean mayDeliver(Entry entry) {
        return true;
    }

    @Override
    public void acknowledge(Entry entry) {}

    @Override
    public void attempted(Entry entry) {}

    @Override
    public long purge() {
        long purged = beyond();
        packed = null;
        return purged;
    }

    @Override
    public void discard(long from, long to) {
        PackedMessages messages = packed;
        if (messages != null) {
            messages.remove(from, to);
            forgetIfEmpty(messages);
        }
    }

    @Override
    public void seek(long offset) {
        packed = null;
        next = Math.max(next, offset);
    }

    @Override
    public void persist(Consumer<@Nullable Throwable> then) {
        then.accept(null);
    }

    @Override
    public void browse(long from, int max, Browse.Result to) {
        List<QueuedMessage> found = new ArrayList<>(Math.min(max, level.window()));
        Entry entry = level.oldest();
        while (entry != null && found.size() < max) {
            if (entry.offset >= from) {
                found.add(level.core.view(entry));
            }
            entry = entry.lineNext;
        }
        if (packed != null) {
            packed.look(from, max, found, level);
        }
        to.found(found, null);
    }

    @Override
    public boolean isIdle() {
        return level.window() == 0 && packed == null;
    }

    @Override
    public void close() {
        packed = null;
    }
}
