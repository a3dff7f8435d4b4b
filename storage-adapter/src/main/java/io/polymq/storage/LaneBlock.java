package io.polymq.storage;

import java.nio.ByteBuffer;

/**
 * The block that a lane writes next, in one direct buffer that grows to the largest block so far
 * but not beyond what is usual once that was written. Of the lane's writer alone.
 */
final class LaneBlock {

    /** Twice what a round takes, so that a full one with its last append still fits. */
    private static final int USUAL = 8 << 20;

    private ByteBuffer bytes = ByteBuffer.allocateDirect(256 << 10);
    private int entries;
    private int entryAt;
    private long filePosition;

    /** Begins a block that will stand at that position of the segment. */
    void begin(long positionInFile) {
        if (bytes.capacity() > USUAL) {
            bytes = ByteBuffer.allocateDirect(USUAL);
        }
        bytes.clear().position(LaneFormat.BLOCK_HEADER);
        entries = 0;
        filePosition = positionInFile;
    }

    boolean isEmpty() {
        return entries == 0;
    }

    int length() {
        return bytes.position();
    }

    /** A mark to go back to when a request fails halfway. */
    record Mark(int position, int entries) {}

    Mark mark() {
        return new Mark(bytes.position(), entries);
    }

    void reset(Mark mark) {
        bytes.position(mark.position);
        entries = mark.entries;
    }

    private void reserve(int more) {
        if (bytes.remaining() < more + LaneFormat.ALIGNMENT) {
            long wanted = (long) bytes.position() + more + LaneFormat.ALIGNMENT;
            long larger = Math.min(Integer.MAX_VALUE - 64, Math.max(wanted, bytes.capacity() * 2L));
            if (wanted > larger) {
                throw new StorageException(
                        StorageException.Kind.TOO_LARGE, "a block of " + wanted + " bytes");
            }
            ByteBuffer grown = ByteBuffer.allocateDirect((int) larger);
            grown.put(bytes.flip());
            bytes = grown;
        }
    }

    /** Begins an entry; its body follows by {@code put}, and {@link #endEntry} closes it. */
    LaneBlock beginEntry(byte type, long shard, int bodyBytes) {
        reserve(LaneFormat.ENTRY_HEADER + bodyBytes);
        entryAt = bytes.position();
        bytes.putInt(0).putInt(type << 24).putLong(shard);
        return this;
    }

    LaneBlock put(byte[] body) {
        bytes.put(body);
        return this;
    }

    LaneBlock putInt(int value) {
        bytes.putInt(value);
        return this;
    }

    LaneBlock putShort(int value) {
        bytes.putShort((short) value);
        return this;
    }

    LaneBlock putLong(long value) {
        bytes.putLong(value);
        return this;
    }

    /** Puts the bytes from {@code at} on; the position in the file at which they will stand. */
    long put(ByteBuffer from, int at, int length) {
        int position = bytes.position();
        bytes.put(position, from, at, length);
        bytes.position(position + length);
        return filePosition + position;
    }

    void endEntry() {
        bytes.putInt(entryAt + LaneFormat.ENTRY_LENGTH, bytes.position() - entryAt);
        entries++;
    }

    void entry(byte type, long shard, byte[] body) {
        beginEntry(type, shard, body.length).put(body).endEntry();
    }

    /** Overwrites in a batch that was put at that position in the file. */
    void setBase(long positionInFile, long baseOffset) {
        int at = (int) (positionInFile - filePosition);
        bytes.putLong(at + RecordBatches.BASE_OFFSET, baseOffset);
        bytes.putInt(at + RecordBatches.LEADER_EPOCH, 0);
    }

    /** Copies what stands at that position of the file. */
    void copyOut(long positionInFile, byte[] to, int at, int length) {
        bytes.get((int) (positionInFile - filePosition), to, at, length);
    }

    /** Seals the block; the buffer to write, good until the next {@link #begin}. */
    ByteBuffer finish(long lsn, long durableLsn, long now, long segment) {
        reserve(0);
        while (bytes.position() % LaneFormat.ALIGNMENT != 0) {
            bytes.put((byte) 0);
        }
        int length = bytes.position();
        bytes.putInt(0, LaneFormat.BLOCK_MAGIC).putInt(LaneFormat.BLOCK_LENGTH, length);
        bytes.putInt(LaneFormat.BLOCK_ENTRIES, entries).putLong(LaneFormat.BLOCK_LSN, lsn);
        bytes.putLong(LaneFormat.BLOCK_DURABLE_LSN, durableLsn);
        bytes.putLong(LaneFormat.BLOCK_TIME, now).putLong(LaneFormat.BLOCK_SEGMENT, segment);
        bytes.putInt(
                LaneFormat.BLOCK_CRC,
                LaneFormat.checksum(bytes.limit(length), LaneFormat.BLOCK_ENTRIES, length));
        return bytes.flip();
    }
}
