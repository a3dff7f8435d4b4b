package io.polymq.codec.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Writes the data types of MQTT (1.5) and tells their sizes. Stateless. */
public final class Wire {

    /** The largest remaining length, and the largest variable byte integer. */
    public static final int MAX_VARIABLE = 268_435_455;

    private Wire() {}

    public static int variableLength(int value) {
        return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
    }

    public static void writeVariable(ByteBuf out, int value) {
        int rest = value;
        while (rest > 127) {
            out.writeByte(rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    /** Writes into an array; the index behind it. */
    public static int putVariable(byte[] out, int at, int value) {
        int rest = value;
        int to = at;
        while (rest > 127) {
            out[to++] = (byte) (rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        out[to++] = (byte) rest;
        return to;
    }

    static int utf8Length(String text) {
        return ByteBufUtil.utf8Bytes(text);
    }

    static void writeText(ByteBuf out, String text) {
        int length = utf8Length(text);
        if (length > 65_535) {
            throw new IllegalArgumentException("a string of MQTT has at most 65535 bytes");
        }
        out.writeShort(length);
        ByteBufUtil.writeUtf8(out, text);
    }

    static void writeData(ByteBuf out, byte[] data) {
        if (data.length > 65_535) {
            throw new IllegalArgumentException("binary data of MQTT has at most 65535 bytes");
        }
        out.writeShort(data.length);
        out.writeBytes(data);
    }
}
