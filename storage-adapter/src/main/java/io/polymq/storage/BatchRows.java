package io.polymq.storage;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A shard's batches in the order of their offsets, as searches see them. */
interface BatchRows {

    /** The last batch whose base offset is at or before that one. */
    @Nullable Row atOrBefore(long offset);

    /** The first batch whose base offset is at or behind that one. */
    @Nullable Row atOrAfter(long offset);

    /** The batch itself, checked. */
    ByteBuffer load(Row row);

    /** One batch. */
    interface Row {
        long baseOffset();

        /** Behind its last record. */
        long nextOffset();

        int bytes();

        long maxTimestamp();

        /** The largest timestamp of this and every earlier batch, removed ones too. */
        long runningMax();
    }
}
