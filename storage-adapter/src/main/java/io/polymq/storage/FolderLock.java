package io.polymq.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Holds a data folder for one process: a locked file with its process id. */
final class FolderLock implements Closeable {

    private static final String NAME = "lock";

    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    static FolderLock take(Path folder) {
        FolderLock lock = tryTake(folder);
        if (lock == null) {
            throw new StorageException(StorageException.Kind.IO, inUse(folder));
        }
        return lock;
    }

    /** What to say when the lock could not be had. */
    static String inUse(Path folder) {
        try {
            return "the folder "
                    + folder
                    + " is in use by process "
                    + Files.readString(folder.resolve(NAME)).strip();
        } catch (IOException e) {
            return "the folder " + folder + " is in use";
        }
    }

    /** Null when another process, or another store of this one, holds the folder. */
    static @Nullable FolderLock tryTake(Path folder) {
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(
                            folder.resolve(NAME),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null;
            }
            if (lock == null) {
                channel.close();
                return null;
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(
                            (ProcessHandle.current().pid() + "\n")
                                    .getBytes(StandardCharsets.US_ASCII)));
            return new FolderLock(channel);
        } catch (IOException e) {
            throw new StorageException(
                    StorageException.Kind.IO, "cannot lock the folder " + folder, e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
