package io.polymq.codec.amqp;

import io.netty.buffer.ByteBuf;

/** Reads and writes method frames' payloads. Stateless. */
public final class Methods {

    private static final int NUMBERS = 4;

    private Methods() {}

    /**
     * Reads a method frame's payload from the buffer's reader index on.
     *
     * @throws AmqpException when there is no such method or its arguments cannot be read
     */
    public static Method read(ByteBuf payload, int length) {
        if (length < NUMBERS) {
            throw new AmqpException(ReplyCode.FRAME_ERROR, "a method frame without a method");
        }
        AmqpReader in = new AmqpReader(payload, length);
        int classId = in.shortInt();
        int methodId = in.shortInt();
        Method method =
                switch (classId) {
                    case ConnectionMethod.CLASS_ID -> ConnectionMethod.read(methodId, in);
                    case ChannelMethod.CLASS_ID -> ChannelMethod.read(methodId, in);
                    case AccessMethod.CLASS_ID -> AccessMethod.read(methodId, in);
                    case ExchangeMethod.CLASS_ID -> ExchangeMethod.read(methodId, in);
                    case QueueMethod.CLASS_ID -> QueueMethod.read(methodId, in);
                    case BasicMethod.CLASS_ID -> BasicMethod.read(methodId, in);
                    case ConfirmMethod.CLASS_ID -> ConfirmMethod.read(methodId, in);
                    case TxMethod.CLASS_ID -> TxMethod.read(methodId, in);
                    default -> null;
                };
        if (method == null) {
            throw new AmqpException(
                    ReplyCode.NOT_IMPLEMENTED,
                    "there is no method " + methodId + " in class " + classId);
        }
        return method;
    }

    /** Writes a whole method frame. */
    public static void write(ByteBuf out, int channel, Method method) {
        int start = out.writerIndex();
        out.writeByte(Frame.METHOD).writeShort(channel).writeInt(0);
        out.writeShort(method.classId()).writeShort(method.methodId());
        AmqpWriter arguments = new AmqpWriter(out);
        method.write(arguments);
        arguments.flushBits();
        out.setInt(start + 3, out.writerIndex() - start - Frame.HEADER_BYTES);
        out.writeByte(Frame.END);
    }
}
