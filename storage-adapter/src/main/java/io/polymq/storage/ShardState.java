package io.polymq.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * What is kept of a shard besides its records.
 *
 * @param id unique, never reused
 * @param name unique among those that exist
 * @param lane where its records are written; 0 for drivers without lanes
 * @param startOffset the first offset that may be read
 * @param endOffset the next offset
 * @param records readable records
 * @param bytes bytes of their batches
 * @param maxTimestamp the largest timestamp ever appended, -1 before the first
 */
record ShardState(
        long id,
        String name,
        ShardSpec spec,
        int lane,
        long startOffset,
        long endOffset,
        long records,
        long bytes,
        long maxTimestamp) {

    private static final int FIXED = 8 + 4 + 5 * 8 + 1 + 3 * 8 + 1 + 8 + 4 + 1 + 1;

    static ShardState created(long id, String name, ShardSpec spec, int lane) {
        return new ShardState(id, name, spec, lane, 0, 0, 0, 0, -1);
    }

    byte[] encode() {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer to = ByteBuffer.allocate(FIXED + utf8.length);
        to.putLong(id).putInt(lane).putLong(startOffset).putLong(endOffset).putLong(records);
        to.putLong(bytes).putLong(maxTimestamp);
        to.put((byte) spec.durability().ordinal());
        to.putLong(spec.retentionTime().toMillis()).putLong(spec.retentionBytes());
        to.putLong(spec.retentionRecords()).put((byte) (spec.compaction() ? 1 : 0));
        to.putLong(spec.tombstoneRetention().toMillis()).putInt(spec.segmentBytes());
        to.put((byte) (spec.ownLane() ? 1 : 0)).put((byte) (spec.keyIndex() ? 1 : 0));
        return to.put(utf8).array();
    }

    static ShardState decode(ByteBuffer from) {
        if (from.remaining() < FIXED) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT_STORE,
                    "a shard's state of " + from.remaining() + " bytes");
        }
        long id = from.getLong();
        int lane = from.getInt();
        long start = from.getLong();
        long end = from.getLong();
        long records = from.getLong();
        long bytes = from.getLong();
        long maxTimestamp = from.getLong();
        ShardSpec spec =
                new ShardSpec(
                        Durability.values()[from.get()],
                        Duration.ofMillis(from.getLong()),
                        from.getLong(),
                        from.getLong(),
                        from.get() != 0,
                        Duration.ofMillis(from.getLong()),
                        from.getInt(),
                        from.get() != 0,
                        from.get() != 0);
        String name = StandardCharsets.UTF_8.decode(from).toString();
        return new ShardState(id, name, spec, lane, start, end, records, bytes, maxTimestamp);
    }
}
