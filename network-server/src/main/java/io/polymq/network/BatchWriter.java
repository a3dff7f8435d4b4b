package io.polymq.network;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.polymq.network.Part.Chunk;
import java.util.function.Consumer;

/** How a batch of an outbox is handed to a kind of channel. Connection zone. */
interface BatchWriter {

    /** Handed over at once: enough to keep the kernel busy, few enough to bound what is copied. */
    int BATCH_BYTES = 1 << 20;

    /**
     * Takes parts from the front and writes them without flushing; the promise is written with the
     * last. Each part's buffer passes to the channel; a reference of each chunk passes to {@code
     * keep}.
     *
     * @return the bytes of the batch; 0 when there is nothing to write yet: then the promise
     *     completes when the next batch may be started
     */
    long write(Channel channel, Appends from, Consumer<Chunk> keep, ChannelPromise promise);
}
