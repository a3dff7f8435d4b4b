package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.zone.ShardZone;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import org.jspecify.annotations.Nullable;

/** A queue's own shard: written by it, and trimmed behind its floor. Shard zone. */
final class OwnSource implements ShardSource, ShardWriter.Home {

    private final QueueCore core;
    private final ShardWriter writer;
    private @Nullable ShardBacking reader;

    OwnSource(QueueCore core, Shard shard, QueueRecords records) {
        this.core = core;
        this.writer = new ShardWriter(this, shard, records);
    }

    @Override
    public void begin(ShardBacking reader, long end) {
        this.reader = reader;
    }

    private ShardBacking reader() {
        ShardBacking known = reader;
        if (known == null) {
            throw new IllegalStateException("not begun");
        }
        return known;
    }

    @Override
    public long end(long end) {
        return end;
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        writer.publish(message, receipt);
    }

    @Override
    public void flush() {
        writer.flush();
    }

    @Override
    public long open() {
        return writer.open();
    }

    @Override
    public long openBytes() {
        return writer.openBytes();
    }

    @Override
    public void acknowledged(long floor) {
        writer.passed(floor);
    }

    @Override
    public void tidy(long floor) {
        writer.trim(floor);
    }

    @Override
    public void close(long floor) {
        writer.trim(floor);
    }

    // What the writer needs.

    @Override
    public String name() {
        return core.queue().name();
    }

    @Override
    public ShardZone zone() {
        return core.zone();
    }

    @Override
    public Durability durability() {
        return core.spec().durability();
    }

    @Override
    public void execute(Runnable task) {
        core.queue().execute(task);
    }

    /** Where it will be delivered at once, the mark of what was delivered goes along. */
    @Override
    public void writing(long end) {
        if (core.turns().isHungry()) {
            reader().attempts().expect(end);
        }
    }

    @Override
    public void written(long offset, KeptMessage message, long now) {
        reader().written(offset, message, now);
    }

    @Override
    public void wrote() {
        core.filled();
    }
}
