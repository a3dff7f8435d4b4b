package io.polymq.nats.jetstream.stream;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads and changes NATS header blocks as bytes, without taking them apart. A name is matched in
 * its case. Stateless; any thread.
 */
public final class HeaderBlock {

    private static final byte[] BEGIN = "NATS/1.0\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\r\n".getBytes(StandardCharsets.US_ASCII);

    private HeaderBlock() {}

    /** The first value of that name, null when there is none. */
    public static @Nullable String first(byte[] block, String name) {
        int at = find(block, name, 0);
        if (at < 0) {
            return null;
        }
        int from = at + name.length() + 1;
        int to = lineEnd(block, from);
        return new String(block, from, to - from, StandardCharsets.UTF_8).strip();
    }

    public static boolean has(byte[] block, String name) {
        return find(block, name, 0) >= 0;
    }

    /** Whether any line's name begins so. */
    public static boolean hasPrefix(byte[] block, String prefix) {
        for (int at = firstLine(block); at < block.length; at = lineEnd(block, at) + 2) {
            if (startsWith(block, at, prefix)) {
                return true;
            }
        }
        return false;
    }

    /** Without the lines of that name. */
    public static byte[] without(byte[] block, String name) {
        int at = find(block, name, 0);
        if (at < 0) {
            return block;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(block.length);
        int from = 0;
        while (at >= 0) {
            out.write(block, from, at - from);
            from = lineEnd(block, at) + 2;
            at = find(block, name, from);
        }
        out.write(block, from, block.length - from);
        return orNothing(out.toByteArray());
    }

    /** Without the lines whose names begin so. */
    public static byte[] withoutPrefix(byte[] block, String prefix) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(block.length);
        int first = Math.min(firstLine(block), block.length);
        out.write(block, 0, first);
        for (int at = first; at < block.length; ) {
            int next = Math.min(block.length, lineEnd(block, at) + 2);
            if (!startsWith(block, at, prefix)) {
                out.write(block, at, next - at);
            }
            at = next;
        }
        return orNothing(out.toByteArray());
    }

    private static byte[] orNothing(byte[] block) {
        return block.length <= BEGIN.length + END.length ? StreamMessage.NOTHING : block;
    }

    /** With a line more, before the end. */
    public static byte[] with(byte[] block, String name, String value) {
        byte[] line = (name + ": " + value + "\r\n").getBytes(StandardCharsets.UTF_8);
        if (block.length < BEGIN.length + END.length) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(BEGIN);
            out.writeBytes(line);
            out.writeBytes(END);
            return out.toByteArray();
        }
        byte[] longer = java.util.Arrays.copyOf(block, block.length + line.length);
        System.arraycopy(line, 0, longer, block.length - END.length, line.length);
        System.arraycopy(END, 0, longer, longer.length - END.length, END.length);
        return longer;
    }

    /** The status line's code and text are left out; what a stream stores has none. */
    public static byte[] withoutStatus(byte[] block) {
        int end = firstLine(block);
        if (end == BEGIN.length || block.length < BEGIN.length) {
            return block;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(block.length);
        out.writeBytes(BEGIN);
        out.write(block, end, block.length - end);
        return orNothing(out.toByteArray());
    }

    /** A block that only states something. */
    public static byte[] status(int code, String text, String... namesAndValues) {
        StringBuilder block = new StringBuilder(64);
        block.append("NATS/1.0 ").append(code);
        if (!text.isEmpty()) {
            block.append(' ').append(text);
        }
        block.append("\r\n");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            block.append(namesAndValues[i])
                    .append(": ")
                    .append(namesAndValues[i + 1])
                    .append("\r\n");
        }
        return block.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static int find(byte[] block, String name, int from) {
        for (int at = from == 0 ? firstLine(block) : from;
                at < block.length;
                at = lineEnd(block, at) + 2) {
            int colon = at + name.length();
            if (colon < block.length && block[colon] == ':' && startsWith(block, at, name)) {
                return at;
            }
        }
        return -1;
    }

    private static boolean startsWith(byte[] block, int at, String text) {
        if (block.length - at < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (block[at + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int firstLine(byte[] block) {
        return lineEnd(block, 0) + 2;
    }

    private static int lineEnd(byte[] block, int from) {
        for (int at = from; at + 1 < block.length; at++) {
            if (block[at] == '\r' && block[at + 1] == '\n') {
                return at;
            }
        }
        return block.length;
    }
}
