package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * How a lane's files are laid out, byte by byte; docs/storage.md tells the same in words.
 *
 * <p>A segment file is a header and then blocks without gaps. A block is what one commit wrote: a
 * header and entries. All numbers are big-endian.
 */
final class LaneFormat {

    static final int VERSION = 1;

    // Segment header.
    static final long SEGMENT_MAGIC = 0x504d_514c_414e_4501L;
    static final int SEGMENT_HEADER = 64;
    private static final int AT_VERSION = 8;
    private static final int AT_LANE = 12;
    private static final int AT_SEGMENT = 16;
    private static final int AT_FIRST_LSN = 24;
    private static final int AT_CREATED = 32;
    private static final int AT_HEADER_CRC = 60;

    // Block header.
    static final int BLOCK_MAGIC = 0x504d_5142;
    static final int BLOCK_HEADER = 48;
    static final int BLOCK_LENGTH = 4;
    static final int BLOCK_CRC = 8;
    static final int BLOCK_ENTRIES = 12;
    static final int BLOCK_LSN = 16;
    static final int BLOCK_DURABLE_LSN = 24;
    static final int BLOCK_TIME = 32;
    static final int BLOCK_SEGMENT = 40;
    static final int ALIGNMENT = 8;

    // Entry header.
    static final int ENTRY_HEADER = 16;
    static final int ENTRY_LENGTH = 0;
    static final int ENTRY_TYPE = 4;
    static final int ENTRY_SHARD = 8;

    // Entry types.
    /** Body: the shard's largest timestamp so far (8), then whole batches. */
    static final byte RECORDS = 1;

    /** Body: running maximum, base offset, next offset (8 each), the batches of an extent anew. */
    static final byte MOVED = 2;

    /** Body: the shard's state, whole. */
    static final byte SHARD = 3;

    /** Body: the new start offset (8). */
    static final byte TRIM = 4;

    /** No body: the shard is gone. */
    static final byte DELETE_SHARD = 5;

    /** Body: length of the group's name (2), the name, the cursor's state. */
    static final byte CURSOR = 6;

    /** Body: the group's name. */
    static final byte DROP_CURSOR = 7;

    /** Body: base offsets (8 each) of batches that are gone. */
    static final byte DROP_BATCHES = 8;

    /** First in each segment; body: what {@link SegmentList} says. */
    static final byte SEGMENTS = 9;

    /** Body: the number (8) of a segment that may be missing from now on. */
    static final byte DROP_SEGMENT = 10;

    /** Body: sequence (8), then parts for other lanes: lane (4), shard (8), length (4), batches. */
    static final byte INTENT = 11;

    /** Body: coordinating lane (4) and sequence (8) of the intent whose part follows. */
    static final byte PART = 12;

    private LaneFormat() {}

    static String fileName(long segment) {
        return String.format(Locale.ROOT, "%016x.log", segment);
    }

    static boolean isSegmentName(String name) {
        return name.length() == 20 && name.endsWith(".log");
    }

    static long segmentOf(String name) {
        return Long.parseUnsignedLong(name.substring(0, 16), 16);
    }

    static ByteBuffer segmentHeader(int lane, long segment, long firstLsn, long now) {
        ByteBuffer header = ByteBuffer.allocate(SEGMENT_HEADER);
        header.putLong(0, SEGMENT_MAGIC).putInt(AT_VERSION, VERSION).putInt(AT_LANE, lane);
        header.putLong(AT_SEGMENT, segment).putLong(AT_FIRST_LSN, firstLsn);
        header.putLong(AT_CREATED, now);
        return header.putInt(AT_HEADER_CRC, checksum(header, 0, AT_HEADER_CRC));
    }

    /**
     * @throws StorageException saying what is wrong with the header
     */
    static long firstLsn(ByteBuffer header, int lane, long segment) {
        if (header.getLong(0) != SEGMENT_MAGIC) {
            throw wrong("does not begin like a segment");
        }
        if (header.getInt(AT_HEADER_CRC) != checksum(header, 0, AT_HEADER_CRC)) {
            throw wrong("has a header with a wrong checksum");
        }
        if (header.getInt(AT_VERSION) != VERSION) {
            throw wrong(
                    "has format version "
                            + header.getInt(AT_VERSION)
                            + "; this release reads version "
                            + VERSION);
        }
        if (header.getInt(AT_LANE) != lane || header.getLong(AT_SEGMENT) != segment) {
            throw wrong(
                    "is segment "
                            + header.getLong(AT_SEGMENT)
                            + " of lane "
                            + header.getInt(AT_LANE)
                            + " by its header");
        }
        return header.getLong(AT_FIRST_LSN);
    }

    private static StorageException wrong(String what) {
        return new StorageException(StorageException.Kind.CORRUPT_STORE, what);
    }

    static int checksum(ByteBuffer bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(from, to - from));
        return (int) crc.getValue();
    }

    /**
     * Whether a whole, right block of that segment stands at the position.
     *
     * @param limit where the bytes end
     */
    static boolean isBlock(ByteBuffer bytes, int at, int limit, long segment) {
        if (limit - at < BLOCK_HEADER
                || bytes.getInt(at) != BLOCK_MAGIC
                || bytes.getLong(at + BLOCK_SEGMENT) != segment) {
            return false;
        }
        int length = bytes.getInt(at + BLOCK_LENGTH);
        return length >= BLOCK_HEADER
                && length % ALIGNMENT == 0
                && length <= limit - at
                && bytes.getInt(at + BLOCK_CRC) == checksum(bytes, at + BLOCK_ENTRIES, at + length);
    }
}
