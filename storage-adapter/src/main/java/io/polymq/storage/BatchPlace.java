package io.polymq.storage;

import java.nio.ByteBuffer;

/** A batch's row in the index of the log driver. */
record BatchPlace(
        long baseOffset,
        long nextOffset,
        long segment,
        long position,
        int bytes,
        int records,
        long maxTimestamp,
        long runningMax)
        implements BatchRows.Row {

    static BatchPlace decode(long base, byte[] row) {
        ByteBuffer from = ByteBuffer.wrap(row);
        long segment = from.getLong();
        int position = from.getInt();
        int bytes = from.getInt();
        int span = from.getInt();
        int records = from.getInt();
        return new BatchPlace(
                base,
                base + span,
                segment,
                position,
                bytes,
                records,
                from.getLong(),
                from.getLong());
    }
}
