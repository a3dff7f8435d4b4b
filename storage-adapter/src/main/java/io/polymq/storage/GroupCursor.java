package io.polymq.storage;

import java.util.concurrent.CompletableFuture;

/**
 * How far a group has come in a shard: everything below the floor is done, and so are the
 * acknowledged ranges above it. Changes are in memory at once and persisted lazily, grouped into
 * the lane's next frames; they are never lost behind what was forced, at worst they come back
 * older. Safe for any thread, but meant for one owner.
 */
public interface GroupCursor {

    String group();

    /** All offsets below it are done. */
    long floor();

    boolean isAcknowledged(long offset);

    /** The first offset at or above {@code from} that is not acknowledged. */
    long nextUnacknowledged(long from);

    /** How many offsets of {@code [from, to)} are not acknowledged. */
    long countUnacknowledged(long from, long to);

    void acknowledge(long offset);

    /** Acknowledges {@code [from, to)}. */
    void acknowledge(long from, long to);

    /**
     * Moves the floor, forwards or back; ranges above a floor that moved back are forgotten when
     * {@code forget}.
     */
    void reset(long floor, boolean forget);

    /**
     * A few bytes of the owner's that are kept with the cursor (a commit's metadata, attempt
     * counts); at most 64 KiB.
     */
    void attach(byte[] state);

    byte[] attachment();

    /** Completes when all that was changed before this call is safe at the shard's durability. */
    CompletableFuture<Void> persist();
}
