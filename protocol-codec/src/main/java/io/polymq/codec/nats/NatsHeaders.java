package io.polymq.codec.nats;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header block of {@code HPUB} and {@code HMSG}: {@code NATS/1.0[ status[ text]]}, lines of
 * {@code Name: value}, an empty line. Names are case-sensitive, repeats and order are kept.
 * Immutable.
 *
 * @param status the status code, 0 when there is none
 * @param statusText its text, empty when there is none
 * @param entries the lines
 */
public record NatsHeaders(int status, String statusText, List<Entry> entries) {

    public static final NatsHeaders NONE = new NatsHeaders(0, "", List.of());

    private static final String VERSION = "NATS/1.0";

    /** A line of the block. */
    public record Entry(String name, String value) {}

    public NatsHeaders {
        entries = List.copyOf(entries);
    }

    /** Whether the bytes begin as a header block must. */
    public static boolean isBlock(byte[] bytes, int offset, int length) {
        if (length < VERSION.length() + 4) {
            return false;
        }
        for (int i = 0; i < VERSION.length(); i++) {
            if (bytes[offset + i] != VERSION.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Reads a block; lines without a colon are left out. Null when it does not begin as a block
     * must.
     */
    public static @Nullable NatsHeaders parse(byte[] bytes, int offset, int length) {
        if (!isBlock(bytes, offset, length)) {
            return null;
        }
        String[] lines =
                new String(bytes, offset, length, StandardCharsets.UTF_8).split("\r\n", -1);
        String first = lines[0].substring(VERSION.length()).strip();
        int blank = first.indexOf(' ');
        String code = blank < 0 ? first : first.substring(0, blank);
        int status =
                code.length() == 3 && code.chars().allMatch(c -> c >= '0' && c <= '9')
                        ? Integer.parseInt(code)
                        : 0;
        List<Entry> entries = new ArrayList<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon > 0) {
                entries.add(
                        new Entry(
                                lines[i].substring(0, colon),
                                lines[i].substring(colon + 1).strip()));
            }
        }
        return new NatsHeaders(
                status, status == 0 || blank < 0 ? "" : first.substring(blank + 1), entries);
    }

    /** The value of the first line with that name; null when there is none. */
    public @Nullable String first(String name) {
        for (Entry entry : entries) {
            if (entry.name().equals(name)) {
                return entry.value();
            }
        }
        return null;
    }

    /** The block as bytes. */
    public byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(VERSION.getBytes(StandardCharsets.US_ASCII));
        if (status != 0) {
            out.writeBytes(
                    (" " + status + (statusText.isEmpty() ? "" : " " + statusText))
                            .getBytes(StandardCharsets.UTF_8));
        }
        out.write('\r');
        out.write('\n');
        for (Entry entry : entries) {
            out.writeBytes(
                    (entry.name() + ": " + entry.value() + "\r\n")
                            .getBytes(StandardCharsets.UTF_8));
        }
        out.write('\r');
        out.write('\n');
        return out.toByteArray();
    }
}
