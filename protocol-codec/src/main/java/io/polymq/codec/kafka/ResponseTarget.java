package io.polymq.codec.kafka;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Where a response's bytes go, in their order. */
public interface ResponseTarget {

    /** A buffer with at least that many writable bytes; written behind its writer index only. */
    ByteBuf room(int bytes);

    /** Records in memory, which do not change any more. */
    void memory(ByteBuffer records);

    /** Records in a file; {@code release} runs once they are no longer needed. */
    void region(FileChannel file, long position, int bytes, Runnable release);
}
