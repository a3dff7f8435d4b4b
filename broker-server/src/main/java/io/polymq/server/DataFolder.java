package io.polymq.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The folder under {@code data_path}, held by one broker at a time: a lock of the operating system,
 * so that it ends with the process however that ends. Opened and closed on the starting and the
 * stopping thread.
 */
final class DataFolder implements AutoCloseable {
    private static final String LOCK = "polymq.lock";

    private final Path path;
    private final FileChannel channel;

    private DataFolder(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    static DataFolder open(Path configured) throws StartupException {
        Path path = configured.toAbsolutePath().normalize();
        FileChannel channel = null;
        try {
            Files.createDirectories(path);
            channel =
                    FileChannel.open(
                            path.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            if (lock(channel) == null) {
                StartupException taken = inUse(path, channel);
                channel.close();
                throw taken;
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(
                            Long.toString(ProcessHandle.current().pid())
                                    .getBytes(StandardCharsets.US_ASCII)),
                    0);
            return new DataFolder(path, channel);
        } catch (FileAlreadyExistsException file) {
            throw cannotUse(path, "it is a file", file);
        } catch (AccessDeniedException denied) {
            throw cannotUse(path, "this user may not write there", denied);
        } catch (IOException failed) {
            throw cannotUse(path, failed.getMessage(), failed);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private static StartupException inUse(Path path, FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(20);
        channel.read(text, 0);
        String holder = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII);
        return new StartupException(
                ExitCode.IN_USE,
                "The data path "
                        + path
                        + " is in use by another broker"
                        + (holder.isBlank() ? "" : " (process " + holder + ")")
                        + ": stop that one, or give this one its own data_path.",
                null);
    }

    private static StartupException cannotUse(Path path, @Nullable String why, Exception cause) {
        return new StartupException(
                ExitCode.CANNOT_CREATE,
                "The data path " + path + " cannot be used: " + why + ".",
                cause);
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
