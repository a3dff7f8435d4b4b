package io.polymq.codec.amqp;

import io.netty.buffer.ByteBuf;

/**
 * What a content header frame says, with the property flags and values left as bytes.
 *
 * @param classId the class that the content belongs to
 * @param bodySize bytes of the body to come
 * @param properties flags and values, as {@link BasicProperties} reads them
 */
public record ContentHeader(int classId, long bodySize, byte[] properties) {

    private static final int FIXED_BYTES = 12;

    /**
     * @throws AmqpException when it is cut off
     */
    public static ContentHeader read(ByteBuf payload, int length) {
        if (length < FIXED_BYTES + 2) {
            throw new AmqpException(ReplyCode.SYNTAX_ERROR, "a content header is cut off");
        }
        int classId = payload.readUnsignedShort();
        payload.skipBytes(2);
        long bodySize = payload.readLong();
        byte[] properties = new byte[length - FIXED_BYTES];
        payload.readBytes(properties);
        return new ContentHeader(classId, bodySize, properties);
    }

    /** Writes a whole header frame. */
    public static void write(
            ByteBuf out, int channel, long bodySize, byte[] properties, int offset, int length) {
        out.writeByte(Frame.HEADER).writeShort(channel).writeInt(FIXED_BYTES + length);
        out.writeShort(BasicMethod.CLASS_ID).writeShort(0).writeLong(bodySize);
        out.writeBytes(properties, offset, length).writeByte(Frame.END);
    }

    /** The bytes that {@link #write} takes. */
    public static int frameSize(int propertyBytes) {
        return Frame.OVERHEAD + FIXED_BYTES + propertyBytes;
    }

    /** Writes a body as frames that fit the limit; a body of no bytes is no frame. */
    public static void writeBody(
            ByteBuf out, int channel, byte[] body, int offset, int length, int maxFrame) {
        int most = maxFrame == 0 ? length : maxFrame - Frame.OVERHEAD;
        int end = offset + length;
        for (int at = offset; at < end; at += most) {
            int size = Math.min(most, end - at);
            out.writeByte(Frame.BODY).writeShort(channel).writeInt(size);
            out.writeBytes(body, at, size).writeByte(Frame.END);
        }
    }

    /** The bytes that {@link #writeBody} takes. */
    public static int bodySize(int length, int maxFrame) {
        if (length == 0) {
            return 0;
        }
        int most = maxFrame == 0 ? length : maxFrame - Frame.OVERHEAD;
        return length + (length + most - 1) / most * Frame.OVERHEAD;
    }
}
