package io.polymq.storage;

import java.nio.ByteBuffer;

/**
 * A shard as far as the index has followed its lane; of the applier alone. The row is the segment
 * of its newest whole state (8 bytes), the offset from which keys are indexed (8), the offset
 * before which no batch begins (8), and the state.
 */
final class ShardRow {

    final long id;
    final int lane;
    String name;
    ShardSpec spec;
    long start;
    long end;
    long records;
    long bytes;
    long maxTimestamp;

    /** The segment in which the shard's whole state was written last; -1: not met yet. */
    long anchor;

    /**
     * Keys of records from this offset on are in the key index; what that has from below is not
     * complete.
     */
    long keysFrom;

    /** No batch begins before it: where a walk over the batches starts. */
    long first;

    boolean dirty;
    boolean gone;

    ShardRow(ShardState state, long anchor) {
        id = state.id();
        lane = state.lane();
        name = state.name();
        spec = state.spec();
        start = state.startOffset();
        first = start;
        end = state.endOffset();
        records = state.records();
        bytes = state.bytes();
        maxTimestamp = state.maxTimestamp();
        this.anchor = anchor;
        keysFrom = spec.keyIndex() ? 0 : Long.MAX_VALUE;
    }

    /** The whole state came by again; the start is moved by a trim. */
    void written(ShardState state, long segment) {
        if (state.spec().keyIndex() != spec.keyIndex()) {
            keysFrom = state.spec().keyIndex() ? end : Long.MAX_VALUE;
        }
        name = state.name();
        spec = state.spec();
        end = Math.max(end, state.endOffset());
        maxTimestamp = Math.max(maxTimestamp, state.maxTimestamp());
        anchor = segment;
    }

    ShardState state() {
        return new ShardState(id, name, spec, lane, start, end, records, bytes, maxTimestamp);
    }

    byte[] encode() {
        byte[] state = state().encode();
        return ByteBuffer.allocate(24 + state.length)
                .putLong(anchor)
                .putLong(keysFrom)
                .putLong(first)
                .put(state)
                .array();
    }

    static ShardRow decode(byte[] row) {
        ByteBuffer from = ByteBuffer.wrap(row);
        long anchor = from.getLong();
        long keysFrom = from.getLong();
        long first = from.getLong();
        ShardRow decoded = new ShardRow(ShardState.decode(from), anchor);
        decoded.keysFrom = keysFrom;
        decoded.first = first;
        return decoded;
    }
}
