package io.polymq.benchmarks.storage;

import java.nio.ByteBuffer;

/** Something that takes batches and says when each is safe. */
interface Contestant extends AutoCloseable {

    /** Takes a batch for a shard; runs {@code done} on whatever thread, once. */
    void append(int shard, ByteBuffer batch, Runnable done) throws Exception;

    @Override
    void close() throws Exception;
}
