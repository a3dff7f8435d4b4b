package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import org.jspecify.annotations.Nullable;

/** What a group of a feed hears of it. Shard zone. */
final class FeedSource implements ShardSource {

    private final ShardFeed feed;
    private final String group;
    private @Nullable ShardBacking reader;

    FeedSource(ShardFeed feed, String group) {
        this.feed = feed;
        this.group = group;
    }

    String group() {
        return group;
    }

    @Override
    public void begin(ShardBacking reader, long end) {
        this.reader = reader;
        feed.joined(this);
    }

    @Override
    public long end(long end) {
        return end;
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        feed.publishNow(message, receipt);
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

    void writing(long end) {
        if (reader != null && reader.isHungry()) {
            reader.attempts().expect(end);
        }
    }

    void written(long offset, KeptMessage message, long now) {
        if (reader != null) {
            reader.written(offset, message, now);
        }
    }

    void wrote() {
        if (reader != null) {
            reader.filled();
        }
    }

    @Override
    public void acknowledged(long floor) {
        feed.passed(group, floor);
    }

    @Override
    public void close(long floor) {
        feed.left(this);
    }
}
