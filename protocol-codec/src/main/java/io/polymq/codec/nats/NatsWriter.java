package io.polymq.codec.nats;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Encodes what a server says. Stateless; writes behind the writer index of a buffer with enough
 * room.
 */
public final class NatsWriter {

    private static final byte[] PONG = ascii("PONG\r\n");
    private static final byte[] PING = ascii("PING\r\n");
    private static final byte[] OK = ascii("+OK\r\n");
    private static final byte[] ERR = ascii("-ERR '");
    private static final byte[] INFO = ascii("INFO ");
    private static final byte[] MSG = ascii("MSG ");
    private static final byte[] HMSG = ascii("HMSG ");

    private NatsWriter() {}

    public static void pong(ByteBuf out) {
        out.writeBytes(PONG);
    }

    public static void ping(ByteBuf out) {
        out.writeBytes(PING);
    }

    public static void ok(ByteBuf out) {
        out.writeBytes(OK);
    }

    /** {@code -ERR 'text'}. */
    public static void error(ByteBuf out, byte[] text) {
        out.writeBytes(ERR).writeBytes(text).writeByte('\'').writeShort(0x0d0a);
    }

    /** The bytes that {@link #error} takes. */
    public static int errorSize(byte[] text) {
        return ERR.length + text.length + 3;
    }

    /** {@code INFO json}, with the blank before the line's end that servers send. */
    public static byte[] info(byte[] json) {
        byte[] line = new byte[INFO.length + json.length + 3];
        System.arraycopy(INFO, 0, line, 0, INFO.length);
        System.arraycopy(json, 0, line, INFO.length, json.length);
        line[line.length - 3] = ' ';
        line[line.length - 2] = '\r';
        line[line.length - 1] = '\n';
        return line;
    }

    /**
     * {@code MSG subject sid } or {@code HMSG subject sid }: what stands before reply and sizes.
     */
    public static byte[] prefix(boolean headers, byte[] subject, byte[] sid) {
        byte[] verb = headers ? HMSG : MSG;
        byte[] prefix = new byte[verb.length + subject.length + sid.length + 2];
        int at = put(prefix, 0, verb);
        at = put(prefix, at, subject);
        prefix[at++] = ' ';
        at = put(prefix, at, sid);
        prefix[at] = ' ';
        return prefix;
    }

    /**
     * What follows the prefix: {@code [reply ][headerSize ]totalSize CRLF headers payload CRLF}.
     *
     * @param header the header block, empty for a plain {@code MSG}
     */
    public static byte[] tail(
            byte[] reply,
            byte[] header,
            int headerOffset,
            int headerLength,
            byte[] payload,
            int offset,
            int length) {
        int total = headerLength + length;
        int size =
                (reply.length == 0 ? 0 : reply.length + 1)
                        + (headerLength == 0 ? 0 : digits(headerLength) + 1)
                        + digits(total)
                        + 4
                        + total;
        byte[] tail = new byte[size];
        int at = put(tail, 0, reply);
        if (reply.length > 0) {
            tail[at++] = ' ';
        }
        if (headerLength > 0) {
            at = number(tail, at, headerLength);
            tail[at++] = ' ';
        }
        at = number(tail, at, total);
        at = lineEnd(tail, at);
        System.arraycopy(header, headerOffset, tail, at, headerLength);
        at += headerLength;
        System.arraycopy(payload, offset, tail, at, length);
        lineEnd(tail, at + length);
        return tail;
    }

    private static int put(byte[] to, int at, byte[] bytes) {
        System.arraycopy(bytes, 0, to, at, bytes.length);
        return at + bytes.length;
    }

    private static int lineEnd(byte[] to, int at) {
        to[at] = '\r';
        to[at + 1] = '\n';
        return at + 2;
    }

    private static int digits(int number) {
        int digits = 1;
        for (int rest = number; rest >= 10; rest /= 10) {
            digits++;
        }
        return digits;
    }

    private static int number(byte[] to, int at, int number) {
        int end = at + digits(number);
        int rest = number;
        for (int i = end - 1; i >= at; i--) {
            to[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return end;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
