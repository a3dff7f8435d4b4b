package io.polymq.kafka;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.codec.kafka.ResponseTarget;
import io.polymq.network.Outbox;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Writes one response at a time into a connection's outbox: small runs of records are copied, large
 * ones linked. Connection zone.
 */
final class OutboxTarget implements ResponseTarget {

    /** Up to here a copy is cheaper than a buffer of its own on the way to the socket. */
    private static final int COPIED_BYTES = 16 << 10;

    private final Outbox outbox;
    private boolean begun;

    OutboxTarget(Outbox outbox) {
        this.outbox = outbox;
    }

    @Override
    public ByteBuf room(int bytes) {
        if (begun) {
            return outbox.more(bytes);
        }
        begun = true;
        return outbox.begin(bytes);
    }

    @Override
    public void memory(ByteBuffer records) {
        if (records.remaining() <= COPIED_BYTES) {
            outbox.more(records.remaining()).writeBytes(records);
        } else {
            outbox.link(Unpooled.wrappedBuffer(records));
        }
    }

    @Override
    public void region(FileChannel file, long position, int bytes, Runnable release) {
        outbox.file(file, position, bytes, release);
    }

    /** The response is complete, or its encoding failed. */
    void end() {
        if (begun) {
            begun = false;
            outbox.end();
        }
    }
}
