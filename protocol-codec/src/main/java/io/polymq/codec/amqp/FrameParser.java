package io.polymq.codec.amqp;

import io.netty.buffer.ByteBuf;

/**
 * Cuts what was read into frames and hands them over, in order; a frame that is not all there is
 * left unread. One instance per connection, for its loop.
 */
public final class FrameParser {

    private long maxPayload;
    private boolean stopped;

    /**
     * @param maxFrame the largest frame taken, header and end octet included
     */
    public FrameParser(long maxFrame) {
        maxFrame(maxFrame);
    }

    /** The limit that the peers have agreed on; 0 for none. */
    public void maxFrame(long bytes) {
        maxPayload = bytes == 0 ? Integer.MAX_VALUE - Frame.OVERHEAD : bytes - Frame.OVERHEAD;
    }

    /** Called by the handler: what stands behind this frame is left unread. */
    public void stop() {
        stopped = true;
    }

    /**
     * Parses all whole frames, moving the reader index behind the last one.
     *
     * @throws AmqpException when a frame is broken; the frames before it have been handed over
     */
    public void parse(ByteBuf in, FrameHandler handler) {
        stopped = false;
        while (!stopped && in.readableBytes() >= Frame.HEADER_BYTES) {
            int start = in.readerIndex();
            long length = in.getUnsignedInt(start + 3);
            if (length > maxPayload) {
                throw new AmqpException(
                        ReplyCode.FRAME_ERROR,
                        "a frame of "
                                + (length + Frame.OVERHEAD)
                                + " bytes where "
                                + (maxPayload + Frame.OVERHEAD)
                                + " are allowed");
            }
            int size = (int) length;
            if (in.readableBytes() < size + Frame.OVERHEAD) {
                return;
            }
            int end = start + Frame.HEADER_BYTES + size;
            if (in.getUnsignedByte(end) != Frame.END) {
                throw new AmqpException(
                        ReplyCode.FRAME_ERROR,
                        "a frame ends with " + in.getUnsignedByte(end) + " and not 206");
            }
            in.readerIndex(start + Frame.HEADER_BYTES);
            frame(in.getUnsignedByte(start), in.getUnsignedShort(start + 1), in, size, handler);
            in.readerIndex(end + 1);
        }
    }

    private static void frame(int type, int channel, ByteBuf in, int size, FrameHandler handler) {
        switch (type) {
            case Frame.METHOD -> handler.method(channel, Methods.read(in, size));
            case Frame.HEADER -> handler.header(channel, in, size);
            case Frame.BODY -> handler.body(channel, in, size);
            case Frame.HEARTBEAT -> handler.heartbeat(channel);
            default ->
                    throw new AmqpException(
                            ReplyCode.FRAME_ERROR, "there is no frame type " + type);
        }
    }
}
