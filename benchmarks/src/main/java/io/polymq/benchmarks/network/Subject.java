package io.polymq.benchmarks.network;

import java.net.SocketAddress;

/** A server under measurement. */
interface Subject extends AutoCloseable {

    /** Every message is this long. */
    int MESSAGE_BYTES = 128;

    /** What a client sends first to receive what others publish, where messages fan out. */
    byte SUBSCRIBE = 's';

    SocketAddress address();

    /** What the names of its loops' threads begin with. */
    String threadPrefix();

    @Override
    void close();
}
