package io.polymq.network;

import io.netty.buffer.ByteBuf;

/**
 * A protocol's side of one connection. Every method is called on the connection's loop, one at a
 * time, after {@link ProtocolBinding#open} returned.
 */
public interface ProtocolHandler {

    /**
     * Bytes have come. The handler consumes what it can by moving the reader index; what it leaves
     * is offered again, with more behind it, on the next read. The buffer belongs to the network
     * layer and is valid only for the call. An unfinished packet may grow to {@link
     * Connection#packetLimit()}; beyond that the connection is closed with {@link
     * CloseReason.Kind#TOO_LARGE}, so a handler that knows a packet's length should refuse it
     * earlier.
     */
    void read(ByteBuf in);

    /**
     * How many bytes the packet has in all that the last read left unfinished; 0 when that is not
     * known. Of a large one the rest is then gathered in an array of its size, for {@link
     * #readWhole}.
     */
    default int unfinishedBytes() {
        return 0;
    }

    /**
     * Instead of {@link #read} for a packet that was gathered: nothing else is in the buffer, whose
     * array is used for nothing else ever, so that what is read may go on pointing into it.
     */
    default void readWhole(ByteBuf packet) {
        read(packet);
    }

    /** The current batch of reads has ended: time to hand over what was gathered for others. */
    default void readComplete() {}

    /**
     * The outbox went over its high-water mark ({@code false}) or fell below its low one ({@code
     * true}).
     */
    default void writable(boolean writable) {}

    /**
     * The server wants this connection gone (kick, limit, shutdown). The handler says goodbye in
     * its protocol's words through the outbox and calls {@link Connection#close}; the network layer
     * closes by itself when it does not.
     */
    void ending(CloseReason reason);

    /**
     * The peer has closed its sending side; the default closes after what is pending was flushed.
     */
    default void inputEnded(Connection connection) {
        connection.close(CloseReason.of(CloseReason.Kind.PEER_CLOSED));
    }

    /**
     * The connection is gone. Called exactly once, whatever the way; nothing is called after it.
     */
    void closed(CloseReason reason);
}
