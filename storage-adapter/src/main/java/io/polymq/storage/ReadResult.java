package io.polymq.storage;

import java.util.List;

/**
 * What a read found.
 *
 * @param slices whole batches, in order; empty when the end was reached
 * @param bytes how many bytes the slices hold together
 * @param startOffset the shard's start when it was read
 * @param highWatermark the shard's high watermark when it was read
 */
public record ReadResult(List<Slice> slices, int bytes, long startOffset, long highWatermark)
        implements AutoCloseable {

    /** Lets go of files that are held open; buffers need nothing. */
    @Override
    public void close() {
        slices.forEach(Slice::close);
    }
}
