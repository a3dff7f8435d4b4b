package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Of a transient queue: the window is all there is. Shard zone. */
final class MemoryBacking implements Backing {

    private final Level level;
    private long next;

    MemoryBacking(Level level) {
        this.level = level;
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        level.core.admitted(level.admit(next++, message, level.core.zone().now(), 0));
        if (receipt != null) {
            receipt.done(null);
        }
    }

    @Override
    public void flush() {}

    @Override
    public void catchUp() {}

    @Override
    public long beyond() {
        return 0;
    }

    @Override
    public long bytesBeyond() {
        return 0;
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
        return false;
    }

    @Override
    public void fill() {}

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
        return 0;
    }

    @Override
    public void discard(long from, long to) {}

    @Override
    public void seek(long offset) {
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
        to.found(found, null);
    }

    @Override
    public boolean isIdle() {
        return level.window() == 0;
    }

    @Override
    public void close() {}
}
