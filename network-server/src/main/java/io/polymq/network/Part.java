package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultFileRegion;
import java.nio.channels.FileChannel;

/** A piece of what an outbox sends, in order. */
sealed interface Part {

    long size();

    /** Drops it unsent. */
    void drop();

    /**
     * A buffer of the outbox's own that packets are encoded into. It may be spare again once it was
     * sent.
     */
    record Chunk(ByteBuf buffer, boolean poolable) implements Part {
        @Override
        public long size() {
            return buffer.readableBytes();
        }

        @Override
        public void drop() {
            buffer.release();
        }
    }

    /** A payload that somebody handed over, or what of a chunk lies in front of one. */
    record Linked(ByteBuf buffer) implements Part {
        @Override
        public long size() {
            return buffer.readableBytes();
        }

        @Override
        public void drop() {
            buffer.release();
        }
    }

    /** A region of somebody else's file: says when it was sent and leaves the file open. */
    final class FileSlice extends DefaultFileRegion implements Part {

        private final FileChannel file;
        private final Runnable whenReleased;
        private long consumed;

        FileSlice(FileChannel file, long position, long count, Runnable whenReleased) {
            super(file, position, count);
            this.file = file;
            this.whenReleased = whenReleased;
        }

        FileChannel file() {
            return file;
        }

        /** Where reading goes on, for transports that the kernel cannot send files on. */
        long nextPosition() {
            return position() + consumed;
        }

        void consume(long bytes) {
            consumed += bytes;
        }

        @Override
        public long size() {
            return count() - consumed;
        }

        @Override
        public void drop() {
            release();
        }

        @Override
        protected void deallocate() {
            whenReleased.run();
        }
    }
}
