package io.polymq.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that the log driver does with files, so that tests can take the device's place and lose what
 * was not forced. Names of files survive a power loss only after {@link #forceFolder}.
 */
interface Disk {

    /** Opens for reading and writing; makes the file when it is not there and {@code create}. */
    File open(Path file, boolean create) throws IOException;

    boolean exists(Path file);

    /** Names in the folder, in order; empty when there is no such folder. */
    List<String> list(Path folder) throws IOException;

    void createFolder(Path folder) throws IOException;

    void rename(Path from, Path to) throws IOException;

    void delete(Path file) throws IOException;

    /** Makes creations, renames and removals in the folder last. */
    void forceFolder(Path folder) throws IOException;

    long usableBytes();

    /** An open file. Reads may run beside writes. */
    interface File extends Closeable {

        /** As {@link FileChannel#read(ByteBuffer, long)}. */
        int read(ByteBuffer to, long position) throws IOException;

        /** Writes all that remains. */
        void write(ByteBuffer from, long position) throws IOException;

        /** Makes what was written last. */
        void force() throws IOException;

        void truncate(long size) throws IOException;

        long size() throws IOException;

        /** For sending straight from the file; null when there is none. */
        @Nullable FileChannel channel();

        /** Fills the buffer; fails when the file ends before. */
        default void readFully(ByteBuffer to, long position) throws IOException {
            long at = position;
            while (to.hasRemaining()) {
                int read = read(to, at);
                if (read < 0) {
                    throw new IOException("the file ends at " + size() + ", wanted " + at);
                }
                at += read;
            }
        }
    }
}
