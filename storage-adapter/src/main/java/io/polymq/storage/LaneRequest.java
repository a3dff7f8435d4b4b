package io.polymq.storage;

import org.jspecify.annotations.Nullable;

/**
 * Something to be written to a lane. Prepared and rolled back on the lane's writer, ended by its
 * {@link LaneAnswers}, exactly once.
 */
interface LaneRequest {

    /**
     * Puts entries into the block and tells the lane what they mean.
     *
     * @throws StorageException when it is refused; what it put is taken back
     */
    void prepare(LaneWriter lane, LaneBlock block);

    /** Undoes what {@link #prepare} changed in memory: the block was not written. */
    void rollback();

    /** The records are as safe as was asked for, or the request failed. */
    void end(@Nullable StorageException failure);

    /**
     * Its block was carried over after a failure, though it was told that it failed. In order with
     * the answers, before the end of anything that is written later.
     */
    default void survived() {}

    Durability durability();

    /** It is forced together with that block: its shards' later requests wait for the force. */
    default void forcedWith(long lsn) {}

    /** Whether an earlier request of one of its shards is forced together with that block. */
    default boolean isBehindForced(long lsn) {
        return false;
    }

    /** Bytes that wait with it. */
    int bytes();

    /** Whether it is refused while the device is nearly full. */
    boolean publishes();

    /** Whether it is written after the lane recovered from a failure, instead of failing. */
    default boolean survives() {
        return false;
    }

    /** Runs on the applier after the index has it; null when nobody waits for that. */
    default @Nullable Runnable afterApply() {
        return null;
    }
}
