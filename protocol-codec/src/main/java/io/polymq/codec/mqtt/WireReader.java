package io.polymq.codec.mqtt;

import java.nio.charset.StandardCharsets;

/**
 * Reads the data types of MQTT (1.5) out of one packet's bytes; what would lie behind the end is
 * malformed. Reused; not for several threads.
 */
final class WireReader {

    byte[] bytes = new byte[0];
    int at;
    int end;

    void over(byte[] source, int from, int to) {
        bytes = source;
        at = from;
        end = to;
    }

    int remaining() {
        return end - at;
    }

    private void need(int count) throws MqttCodecException {
        if (end - at < count) {
            throw MqttCodecException.malformed("the packet ends within a field");
        }
    }

    int readByte() throws MqttCodecException {
        need(1);
        return bytes[at++] & 0xFF;
    }

    int readShort() throws MqttCodecException {
        need(2);
        int value = (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
        at += 2;
        return value;
    }

    long readInt() throws MqttCodecException {
        return (long) readShort() << 16 | readShort();
    }

    /** A variable byte integer in its shortest form (1.5.5). */
    int readVariable() throws MqttCodecException {
        int value = 0;
        for (int shift = 0; shift <= 21; shift += 7) {
            int b = readByte();
            value |= (b & 0x7F) << shift;
            if (b < 0x80) {
                if (b == 0 && shift > 0) {
                    throw MqttCodecException.malformed("a variable byte integer is too long");
                }
                return value;
            }
        }
        throw MqttCodecException.malformed("a variable byte integer has more than four bytes");
    }

    /** Steps over two-byte-length data and returns its length; it begins at {@code at - length}. */
    int skipData() throws MqttCodecException {
        int length = readShort();
        need(length);
        at += length;
        return length;
    }

    int skipText(boolean strict) throws MqttCodecException {
        int length = skipData();
        if (!TextRules.isText(bytes, at - length, length, strict)) {
            throw MqttCodecException.malformed("a string is not UTF-8 as MQTT has it");
        }
        return length;
    }

    String readText(boolean strict) throws MqttCodecException {
        int length = skipText(strict);
        return new String(bytes, at - length, length, StandardCharsets.UTF_8);
    }

    byte[] readData() throws MqttCodecException {
        int length = skipData();
        byte[] data = new byte[length];
        System.arraycopy(bytes, at - length, data, 0, length);
        return data;
    }
}
