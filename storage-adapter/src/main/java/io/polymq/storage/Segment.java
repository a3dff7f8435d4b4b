package io.polymq.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One file of a lane, open for reading as long as anybody holds it. Counted: the lane holds it
 * once, each reader once more; when the last lets go after {@link #retire}, the given action runs.
 * Shared; own lock.
 */
final class Segment {

    private final int lane;
    private final long id;
    private final long firstLsn;
    private final Path path;
    private final Disk.File file;
    private int holders = 1;
    private @Nullable Runnable afterRelease;

    /** Where its blocks end; written by the lane's writer. */
    volatile long end;

    /** Its last block, once it is full; -1 before. Written by the lane's writer. */
    volatile long lastLsn = -1;

    /** Whether a force failed, after which no other one means anything. Guarded by the writer. */
    boolean forceFailed;

    Segment(int lane, long id, long firstLsn, Path path, Disk.File file) {
        this.lane = lane;
        this.id = id;
        this.firstLsn = firstLsn;
        this.path = path;
        this.file = file;
    }

    int lane() {
        return lane;
    }

    long id() {
        return id;
    }

    long firstLsn() {
        return firstLsn;
    }

    Path path() {
        return path;
    }

    Disk.File file() {
        return file;
    }

    /** Holds the file for a reader; false when the segment was retired. */
    synchronized boolean acquire() {
        if (afterRelease != null) {
            return false;
        }
        holders++;
        return true;
    }

    void release() {
        Runnable last = null;
        synchronized (this) {
            if (--holders == 0) {
                last = afterRelease;
            }
        }
        if (last != null) {
            last.run();
        }
    }

    /** The lane lets go; no reader may begin any more. */
    void retire(Runnable whenUnused) {
        synchronized (this) {
            if (afterRelease != null) {
                return;
            }
            afterRelease = whenUnused;
        }
        release();
    }

    void close() throws IOException {
        file.close();
    }
}
