package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.storage.Shard;
import org.jspecify.annotations.Nullable;

/** A shard that others write and trim: its high watermark is followed. Shard zone. */
final class ForeignSource implements ShardSource {

    private final Shard shard;
    private Shard.@Nullable Watch watch;
    private boolean closed;

    ForeignSource(Shard shard) {
        this.shard = shard;
    }

    @Override
    public void begin(ShardBacking reader, long end) {
        watch = shard.watchEnd(end, () -> reader.execute(() -> moved(reader)));
    }

    private void moved(ShardBacking reader) {
        if (!closed && reader.extendTo(shard.highWatermark())) {
            begin(reader, reader.end());
        }
    }

    @Override
    public long end(long end) {
        return Math.max(end, shard.highWatermark());
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        throw new QueueException(
                QueueException.Kind.STORAGE, shard.name() + " is written by others");
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
