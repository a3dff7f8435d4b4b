package io.polymq.storage;

import org.jspecify.annotations.Nullable;

/**
 * Hears how an append ended. Called once, on a completion thread or, where nothing waits behind it,
 * on the one that wrote it; must not block.
 */
public interface AppendListener {

    /**
     * @param baseOffset the offset of the first record, or -1 when the append failed
     * @param timestamp the wall clock at which it was taken
     * @param failure null when the records are safe at the level that was asked for
     */
    void appended(long baseOffset, long timestamp, @Nullable StorageException failure);
}
