package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * The WebSocket framing of RFC 6455 as a byte stream: the payload of data frames is unmasked in
 * place and passed on as it comes, whatever the frame's size; control frames are answered here.
 * Outgoing batches get a frame header in front, see {@link #header}.
 *
 * <p>Connection zone. Between frames it holds no buffer.
 */
final class WebSocketFrames extends ChannelInboundHandlerAdapter {

    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;

    private static final int NORMAL = 1000;
    private static final int GOING_AWAY = 1001;
    private static final int PROTOCOL_ERROR = 1002;
    private static final int UNSUPPORTED_DATA = 1003;
    private static final int POLICY = 1008;
    private static final int TOO_BIG = 1009;
    private static final int INTERNAL = 1011;

    private static final int MAX_CONTROL = 125;
    private static final int MAX_HEADER = 14;

    private final ChannelConnection connection;
    private final ChannelHandlerContext context;
    private final boolean acceptsText;
    private final byte[] header = new byte[MAX_HEADER];
    private int headerRead;
    private boolean inPayload;
    private boolean inMessage;
    private int opcode;
    private long remaining;
    private int mask;
    private int maskOffset;
    private @Nullable ByteBuf control;
    private int closeCode;
    private boolean closeSent;
    private boolean closeReceived;
    private boolean broken;

    private WebSocketFrames(
            ChannelConnection connection, ChannelHandlerContext context, boolean acceptsText) {
        this.connection = connection;
        this.context = context;
        this.acceptsText = acceptsText;
    }

    /** Puts framing in front of the handler whose context is given. */
    static void install(
            ChannelConnection connection, ChannelHandlerContext before, boolean acceptsText) {
        before.pipeline()
                .addBefore(
                        before.name(),
                        "frames",
                        new WebSocketFrames(connection, before, acceptsText));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        while (in.isReadable() && !closeReceived && !broken) {
            if (inPayload) {
                if (opcode >= CLOSE) {
                    readControl(ctx, in);
                } else if (remaining >= in.readableBytes()) {
                    take(in, in.readableBytes());
                    ctx.fireChannelRead(in);
                    return;
                } else {
                    int length = (int) remaining;
                    take(in, length);
                    ctx.fireChannelRead(in.readRetainedSlice(length));
                }
            } else if (readHeader(in)) {
                beginFrame(ctx);
            }
        }
        in.release();
    }

    /** Unmasks what comes next of a frame's payload. */
    private void take(ByteBuf in, int length) {
        unmask(in, in.readerIndex(), length);
        remaining -= length;
        inPayload = remaining > 0;
    }

    private boolean readHeader(ByteBuf in) {
        while (in.isReadable()) {
            header[headerRead++] = in.readByte();
            if (headerRead >= 2 && headerRead == headerSize()) {
                return true;
            }
        }
        return false;
    }

    private int headerSize() {
        int length = header[1] & 0x7f;
        int extended = length == 127 ? 8 : length == 126 ? 2 : 0;
        return 2 + extended + (isMasked() ? 4 : 0);
    }

    private boolean isMasked() {
        return (header[1] & 0x80) != 0;
    }

    private void beginFrame(ChannelHandlerContext ctx) {
        int size = headerRead;
        headerRead = 0;
        int first = header[0] & 0xff;
        boolean last = (first & 0x80) != 0;
        opcode = first & 0x0f;
        long length = payloadLength();
        String fault = fault(first, last, length);
        if (fault != null) {
            fail(PROTOCOL_ERROR, CloseReason.Kind.PROTOCOL_ERROR, fault);
            return;
        }
        if (opcode == TEXT && !acceptsText) {
            fail(
                    UNSUPPORTED_DATA,
                    CloseReason.Kind.PROTOCOL_ERROR,
                    "a WebSocket text frame, only binary ones are taken");
            return;
        }
        if (opcode < CLOSE && length > connection.packetLimit()) {
            fail(
                    TOO_BIG,
                    CloseReason.Kind.TOO_LARGE,
                    "a WebSocket frame is larger than " + connection.packetLimit() + " bytes");
            return;
        }
        mask = intAt(size - 4);
        maskOffset = 0;
        remaining = length;
        inPayload = length > 0;
        if (opcode < CLOSE) {
            inMessage = !last;
        } else if (length == 0) {
            controlDone(ctx, Unpooled.EMPTY_BUFFER);
        } else {
            control = ctx.alloc().buffer((int) length);
        }
    }

    private @Nullable String fault(int first, boolean last, long length) {
        if ((first & 0x70) != 0) {
            return "a WebSocket frame uses reserved bits";
        }
        if (!isMasked()) {
            return "a WebSocket frame from a client is not masked";
        }
        if (length < 0) {
            return "a WebSocket frame's length is not valid";
        }
        return switch (opcode) {
            case CONTINUATION -> inMessage ? null : "a WebSocket continuation of nothing";
            case TEXT, BINARY -> inMessage ? "a WebSocket message inside another" : null;
            case CLOSE, PING, PONG ->
                    last && length <= MAX_CONTROL
                            ? null
                            : "a WebSocket control frame is fragmented or too long";
            default -> "a WebSocket frame's opcode is unknown";
        };
    }

    /** Negative when it is not in its shortest form or has its top bit set. */
    private long payloadLength() {
        int length = header[1] & 0x7f;
        if (length == 126) {
            int extended = (header[2] & 0xff) << 8 | (header[3] & 0xff);
            return extended > MAX_CONTROL ? extended : -1;
        }
        if (length == 127) {
            long extended = (long) intAt(2) << 32 | (intAt(6) & 0xffff_ffffL);
            return extended > 0xffff ? extended : -1;
        }
        return length;
    }

    private int intAt(int index) {
        return (header[index] & 0xff) << 24
                | (header[index + 1] & 0xff) << 16
                | (header[index + 2] & 0xff) << 8
                | (header[index + 3] & 0xff);
    }

    private void unmask(ByteBuf in, int start, int length) {
        int turned = Integer.rotateLeft(mask, 8 * maskOffset);
        long wide = (long) turned << 32 | (turned & 0xffff_ffffL);
        int index = start;
        int end = start + length;
        for (; index + 8 <= end; index += 8) {
            in.setLong(index, in.getLong(index) ^ wide);
        }
        for (int shift = 24; index < end; index++) {
            in.setByte(index, in.getByte(index) ^ (turned >>> shift));
            shift = shift == 0 ? 24 : shift - 8;
        }
        maskOffset = (maskOffset + length) & 3;
    }

    private void readControl(ChannelHandlerContext ctx, ByteBuf in) {
        ByteBuf payload = control;
        if (payload == null) {
            throw new IllegalStateException("inside a control frame that did not begin");
        }
        int length = (int) Math.min(remaining, in.readableBytes());
        take(in, length);
        payload.writeBytes(in, length);
        if (remaining == 0) {
            control = null;
            try {
                controlDone(ctx, payload);
            } finally {
                payload.release();
            }
        }
    }

    private void controlDone(ChannelHandlerContext ctx, ByteBuf payload) {
        if (opcode == PING) {
            // Only the latest ping needs an answer; a peer that does not read gets none.
            if (!closeSent && ctx.channel().isWritable()) {
                ctx.writeAndFlush(controlFrame(ctx, PONG, payload));
            }
        } else if (opcode == CLOSE) {
            int length = payload.readableBytes();
            closeCode = length >= 2 ? payload.getUnsignedShort(payload.readerIndex()) : NORMAL;
            if (length == 1 || !isValidCloseCode(closeCode)) {
                closeCode = PROTOCOL_ERROR;
            }
            closeReceived = true;
            connection.inbound().inputEnded();
        }
    }

    private static boolean isValidCloseCode(int code) {
        return (code >= NORMAL && code <= 1014 && code != 1004 && code != 1005 && code != 1006)
                || (code >= 3000 && code <= 4999);
    }

    private void fail(int code, CloseReason.Kind kind, String fault) {
        closeCode = code;
        broken = true;
        connection.listenerParts().faults().theirs(connection, fault, null);
        connection.close(new CloseReason(kind, fault));
    }

    /** Where the frames lie is lost: what still comes cannot be read, not even a close. */
    boolean isBroken() {
        return broken;
    }

    /** Ends our side; false when it has ended already. */
    boolean sendClose(CloseReason.Kind kind) {
        if (closeSent) {
            return false;
        }
        closeSent = true;
        int code = closeCode == 0 ? codeOf(kind) : closeCode;
        ByteBuf payload = context.alloc().buffer(2).writeShort(code);
        Channel channel = context.channel();
        var sent = channel.writeAndFlush(controlFrame(context, CLOSE, payload));
        payload.release();
        if (closeReceived) {
            sent.addListener(ChannelFutureListener.CLOSE);
        }
        return true;
    }

    private static int codeOf(CloseReason.Kind kind) {
        return switch (kind) {
            case PEER_CLOSED, PEER_LOST, CLIENT_REQUEST -> NORMAL;
            case SHUTDOWN, TAKEN_OVER -> GOING_AWAY;
            case PROTOCOL_ERROR -> PROTOCOL_ERROR;
            case TOO_LARGE -> TOO_BIG;
            case INTERNAL_ERROR -> INTERNAL;
            case NOT_AUTHENTICATED,
                    LOGIN_TIMEOUT,
                    IDLE,
                    SLOW_CONSUMER,
                    LIMIT_EXCEEDED,
                    KICKED,
                    BANNED ->
                    POLICY;
        };
    }

    private static ByteBuf controlFrame(ChannelHandlerContext ctx, int opcode, ByteBuf payload) {
        ByteBuf frame = ctx.alloc().buffer(2 + payload.readableBytes());
        frame.writeByte(0x80 | opcode);
        frame.writeByte(payload.readableBytes());
        return frame.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
    }

    /** The header of a whole binary message of so many bytes. */
    static ByteBuf header(Channel channel, long bytes) {
        ByteBuf frame = channel.alloc().buffer(10);
        frame.writeByte(0x80 | BINARY);
        if (bytes <= MAX_CONTROL) {
            frame.writeByte((int) bytes);
        } else if (bytes <= 0xffff) {
            frame.writeByte(126).writeShort((int) bytes);
        } else {
            frame.writeByte(127).writeLong(bytes);
        }
        return frame;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (control != null) {
            control.release();
            control = null;
        }
    }
}
