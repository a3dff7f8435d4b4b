package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.topic.Committed;
import io.polymq.storage.Shard;
import org.jspecify.annotations.Nullable;

/** A shard that others write and trim: the end of what is committed is followed. Shard zone. */
final class ForeignSource implements ShardSource {

    private final String name;
    private final Committed committed;
    private Shard.@Nullable Watch watch;
    private boolean closed;

    ForeignSource(String name, Committed committed) {
        this.name = name;
        this.committed = committed;
    }

    @Override
    public long readable(Shard shard) {
        return committed.end();
    }

    @Override
    public boolean isLeftOut(long producerId, long baseOffset) {
        return committed.isAborted(producerId, baseOffset);
    }

    @Override
    public void begin(ShardBacking reader, long end) {
        watch = committed.watch(end, () -> reader.execute(() -> moved(reader)));
    }

    private void moved(ShardBacking reader) {
        if (!closed && reader.extendTo(committed.end())) {
            begin(reader, reader.end());
        }
    }

    @Override
    public long end(long end) {
        return Math.max(end, committed.end());
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        throw new QueueException(QueueException.Kind.STORAGE, name + " is written by others");
    }

    @Override
    public void flush() {}

    @Override
    public long open() {
        return 0;
    }

    @Override
    public long openBytes() {
        return 0;
    }

    @Override
    public void acknowledged(long floor) {}

    @Override
    public void close(long floor) {
        closed = true;
        if (watch != null) {
            watch.close();
        }
    }
}
