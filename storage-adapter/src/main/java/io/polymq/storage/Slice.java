package io.polymq.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A run of whole batches, either in memory or in a file. Must be closed; the bytes stay valid until
 * then.
 */
public sealed interface Slice extends AutoCloseable {

    int bytes();

    /**
     * The batches as a read-only buffer; reads the file when they are in one, so not for a loop.
     */
    ByteBuffer toBuffer() throws IOException;

    @Override
    void close();

    /** Batches in memory, immutable for good. */
    record Memory(ByteBuffer buffer) implements Slice {
        @Override
        public int bytes() {
            return buffer.remaining();
        }

        @Override
        public ByteBuffer toBuffer() {
            return buffer.asReadOnlyBuffer();
        }

        @Override
        public void close() {
            // heap memory: nothing is held
        }
    }

    /** Batches in a segment that stays readable until {@code release} ran. */
    record Region(FileChannel file, long position, int bytes, Runnable release) implements Slice {
        @Override
        public ByteBuffer toBuffer() throws IOException {
            ByteBuffer copy = ByteBuffer.allocate(bytes);
            while (copy.hasRemaining()) {
                if (file.read(copy, position + copy.position()) < 0) {
                    throw new IOException("the segment ends at " + file.size() + " within " + this);
                }
            }
            copy.flip();
            try {
                RecordBatches.check(copy);
            } catch (StorageException damaged) {
                throw new IOException("a batch of " + this + " is damaged", damaged);
            }
            return copy;
        }

        @Override
        public void close() {
            release.run();
        }
    }
}
