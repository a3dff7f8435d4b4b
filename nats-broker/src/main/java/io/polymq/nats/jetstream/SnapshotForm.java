package io.polymq.nats.jetstream;

import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.stream.StreamMessage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A backup's bytes: a tar archive within the framing of S2, whose blocks are stored as they are.
 * The archive holds {@code meta.inf}, {@code msgs/<n>} with messages, {@code
 * obs/<consumer>/meta.inf}. Any thread, each use its own instance.
 */
final class SnapshotForm {

    static final String META = "meta.inf";
    static final String MESSAGES = "msgs/";
    static final String CONSUMERS = "obs/";

    private static final int BLOCK = 512;
    private static final int MAX_ENTRY = 256 << 20;
    private static final int FRAME = 64 << 10;
    private static final int FRAME_HEADER = 4;
    private static final byte[] IDENTIFIER = {(byte) 0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'};

    /** One file of the archive. */
    record Entry(String name, byte[] content) {}

    /** Bytes that are no backup of ours. */
    static final class Damaged extends Exception {
        private static final long serialVersionUID = 1L;

        Damaged(String why) {
            super(why, null, false, false);
        }
    }

    private byte[] framed = {};
    private byte[] tar = {};

    private SnapshotForm() {}

    static SnapshotForm reader() {
        return new SnapshotForm();
    }

    // Writing.

    static byte[] begin() {
        return IDENTIFIER.clone();
    }

    static byte[] entry(String name, byte[] content) {
        int padded = (content.length + BLOCK - 1) / BLOCK * BLOCK;
        byte[] out = Arrays.copyOf(header(name, content.length), BLOCK + padded);
        System.arraycopy(content, 0, out, BLOCK, content.length);
        return frame(out);
    }

    static byte[] end() {
        return frame(new byte[2 * BLOCK]);
    }

    private static byte[] header(String name, int size) {
        byte[] header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "0000600");
        put(header, 108, "0000000");
        put(header, 116, "0000000");
        put(header, 124, String.format("%011o", size));
        put(header, 136, "00000000000");
        Arrays.fill(header, 148, 156, (byte) ' ');
        header[156] = '0';
        put(header, 257, "ustar");
        put(header, 263, "00");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o", sum));
        header[154] = 0;
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, at, Math.min(bytes.length, 100));
    }

    private static byte[] frame(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 64);
        CRC32C crc = new CRC32C();
        for (int at = 0; at < bytes.length; at += FRAME) {
            int length = Math.min(FRAME, bytes.length - at);
            crc.reset();
            crc.update(bytes, at, length);
            ByteBuffer header = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            header.putInt(1 | (length + 4) << 8).putInt(masked((int) crc.getValue()));
            out.writeBytes(header.array());
            out.write(bytes, at, length);
        }
        return out.toByteArray();
    }

    private static int masked(int crc) {
        return (crc >>> 15 | crc << 17) + 0xa282ead8;
    }

    static void write(StreamMessage message, ByteArrayOutputStream to) {
        byte[] subject = message.subject().dotted();
        ByteBuffer head = ByteBuffer.allocate(28);
        head.putLong(message.sequence())
                .putLong(message.time())
                .putInt(subject.length)
                .putInt(message.headers().length)
                .putInt(message.payload().length);
        to.writeBytes(head.array());
        to.writeBytes(subject);
        to.writeBytes(message.headers());
        to.writeBytes(message.payload());
    }

    // Reading.

    static @Nullable StreamMessage read(ByteBuffer from) throws Damaged {
        if (!from.hasRemaining()) {
            return null;
        }
        if (from.remaining() < 28) {
            throw new Damaged("a message is cut short");
        }
        long sequence = from.getLong();
        long time = from.getLong();
        int subject = from.getInt();
        int headers = from.getInt();
        int payload = from.getInt();
        if (subject < 1
                || headers < 0
                || payload < 0
                || (long) subject + headers + payload > from.remaining()) {
            throw new Damaged("a message's lengths are wrong");
        }
        byte[] name = bytes(from, subject);
        return new StreamMessage(
                sequence,
                Subject.ofDotted(name, 0, name.length),
                bytes(from, headers),
                bytes(from, payload),
                time);
    }

    private static byte[] bytes(ByteBuffer from, int length) {
        byte[] bytes = new byte[length];
        from.get(bytes);
        return bytes;
    }

    /** More of the archive. */
    void add(byte[] chunk) throws Damaged {
        framed = joined(framed, chunk, chunk.length);
        int at = 0;
        while (framed.length - at >= FRAME_HEADER) {
            int kind = framed[at] & 0xff;
            int length =
                    framed[at + 1] & 0xff
                            | (framed[at + 2] & 0xff) << 8
                            | (framed[at + 3] & 0xff) << 16;
            if (framed.length - at - FRAME_HEADER < length) {
                break;
            }
            if (kind == 1 && length >= 4) {
                int from = at + FRAME_HEADER + 4;
                CRC32C crc = new CRC32C();
                crc.update(framed, from, length - 4);
                int said = ByteBuffer.wrap(framed).order(ByteOrder.LITTLE_ENDIAN).getInt(from - 4);
                if (said != masked((int) crc.getValue())) {
                    throw new Damaged("a checksum does not match");
                }
                tar = joined(tar, Arrays.copyOfRange(framed, from, from + length - 4), length - 4);
            } else if (kind != 0xff && kind != 0xfe) {
                throw new Damaged("only backups of this server can be restored");
            }
            at += FRAME_HEADER + length;
        }
        framed = Arrays.copyOfRange(framed, at, framed.length);
        if (tar.length > MAX_ENTRY || framed.length > MAX_ENTRY) {
            throw new Damaged("an entry is too large");
        }
    }

    private static byte[] joined(byte[] first, byte[] second, int length) {
        byte[] both = Arrays.copyOf(first, first.length + length);
        System.arraycopy(second, 0, both, first.length, length);
        return both;
    }

    /** The next file that is complete; null when more is needed, or there are no more. */
    @Nullable Entry next() throws Damaged {
        if (tar.length < BLOCK || tar[0] == 0) {
            return null;
        }
        String name = text(0, 100);
        int size;
        try {
            size = Integer.parseInt(text(124, 12).strip(), 8);
        } catch (NumberFormatException e) {
            throw new Damaged("a file's size cannot be read");
        }
        int whole = BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
        if (size < 0 || size > MAX_ENTRY) {
            throw new Damaged("an entry is too large");
        }
        if (tar.length < whole) {
            return null;
        }
        Entry entry = new Entry(name, Arrays.copyOfRange(tar, BLOCK, BLOCK + size));
        tar = Arrays.copyOfRange(tar, whole, tar.length);
        return entry;
    }

    private String text(int from, int length) {
        int end = from;
        while (end < from + length && tar[end] != 0) {
            end++;
        }
        return new String(tar, from, end - from, StandardCharsets.UTF_8);
    }
}
