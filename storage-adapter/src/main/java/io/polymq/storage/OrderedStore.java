package io.polymq.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Sorted rows of bytes in a few families: what the index of the log driver and the row drivers
 * stand on. Any thread may read; changes come from one thread at a time.
 */
interface OrderedStore extends AutoCloseable {

    /** What the rows are about. */
    enum Family {
        /** Counters, checkpoints. */
        META,
        /** Name to shard id. */
        NAMES,
        /** Shard id to its state. */
        SHARDS,
        /** Shard id and base offset to a batch or its place. */
        BATCHES,
        /** Shard id and group to a cursor. */
        CURSORS,
        /** Shard id and record key to the newest offset. */
        KEYS,
        /** Lane and segment to its counters. */
        SEGMENTS
    }

    byte @Nullable [] get(Family family, byte[] key);

    /**
     * Rows with {@code from <= key < to}, as they were when the walk began; stands nowhere until it
     * was moved.
     */
    Walk walk(Family family, byte[] from, byte[] to);

    Changes changes();

    /**
     * All of the changes or none.
     *
     * @param force whether they must be on the device when this returns
     */
    void apply(Changes changes, boolean force);

    /** Puts everything that was applied on the device, all families at the same point. */
    void flush();

    /**
     * Makes a folder of its own from which these rows can be opened, as they are now.
     *
     * @throws UnsupportedOperationException when they are in memory only
     */
    void checkpoint(Path folder) throws IOException;

    /** About how many bytes the rows take. */
    long bytes();

    @Override
    void close();

    /** Changes that are made together. */
    interface Changes extends AutoCloseable {
        void put(Family family, byte[] key, byte[] value);

        void delete(Family family, byte[] key);

        /** Everything with {@code from <= key < to}. */
        void deleteRange(Family family, byte[] from, byte[] to);

        boolean isEmpty();

        @Override
        void close();
    }

    /** A place among rows. */
    interface Walk extends AutoCloseable {
        /** To the first row at or behind the key; false when there is none. */
        boolean ceiling(byte[] key);

        /** To the last row at or before the key; false when there is none. */
        boolean floor(byte[] key);

        boolean first();

        boolean last();

        boolean next();

        boolean previous();

        byte[] key();

        byte[] value();

        @Override
        void close();
    }
}
