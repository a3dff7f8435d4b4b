package io.polymq.storage;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.xerial.snappy.SnappyInputStream;
import org.xerial.snappy.SnappyOutputStream;

/**
 * How the records of a batch are compressed; the ordinal is the code in the batch's attributes.
 * Framings are those that Kafka's clients read and write. Shared, stateless.
 */
public enum BatchCompression {
    NONE,
    GZIP,
    SNAPPY,
    LZ4,
    ZSTD;

    private static final int STEP = 16 << 10;

    /** By the batch's attributes. */
    public static BatchCompression of(int attributes) {
        int code = attributes & RecordBatches.COMPRESSION_MASK;
        return switch (code) {
            case 0 -> NONE;
            case 1 -> GZIP;
            case 2 -> SNAPPY;
            case 3 -> LZ4;
            case 4 -> ZSTD;
            default ->
                    throw new StorageException(
                            StorageException.Kind.CORRUPT_BATCH, "unknown compression " + code);
        };
    }

    byte[] compress(byte[] records, int from, int length) {
        ByteArrayOutputStream to = new ByteArrayOutputStream(length / 2 + 64);
        try (OutputStream packer =
                switch (this) {
                    case NONE -> to;
                    case GZIP -> new GZIPOutputStream(to, 8 << 10);
                    case SNAPPY -> new SnappyOutputStream(to);
                    case LZ4 ->
                            new LZ4FrameOutputStream(
                                    to,
                                    LZ4FrameOutputStream.BLOCKSIZE.SIZE_64KB,
                                    LZ4FrameOutputStream.FLG.Bits.BLOCK_INDEPENDENCE);
                    case ZSTD -> new ZstdOutputStreamNoFinalizer(to);
                }) {
            packer.write(records, from, length);
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "cannot compress with " + this, e);
        }
        return to.toByteArray();
    }

    /** Unpacks what lies between position and limit; refuses more than {@code maxBytes}. */
    ByteBuffer decompress(ByteBuffer packed, int maxBytes) {
        byte[] source = new byte[packed.remaining()];
        packed.get(packed.position(), source);
        try (InputStream unpacker = unpacker(new ByteArrayInputStream(source))) {
            byte[] records = new byte[Math.min(maxBytes, Math.max(STEP, source.length * 3))];
            int length = 0;
            while (true) {
                int read = unpacker.read(records, length, records.length - length);
                if (read < 0) {
                    return ByteBuffer.wrap(records, 0, length);
                }
                length += read;
                if (length == records.length) {
                    if (length >= maxBytes) {
                        if (unpacker.read() < 0) {
                            return ByteBuffer.wrap(records, 0, length);
                        }
                        throw new StorageException(
                                StorageException.Kind.TOO_LARGE,
                                "a batch unpacks to more than " + maxBytes + " bytes");
                    }
                    records = Arrays.copyOf(records, (int) Math.min(maxBytes, length * 2L));
                }
            }
        } catch (IOException | RuntimeException e) {
            if (e instanceof StorageException known) {
                throw known;
            }
            throw new StorageException(
                    StorageException.Kind.CORRUPT_BATCH, "cannot unpack " + this + " records", e);
        }
    }

    private InputStream unpacker(InputStream packed) throws IOException {
        return switch (this) {
            case NONE -> packed;
            case GZIP -> new GZIPInputStream(packed, 8 << 10);
            case SNAPPY -> new SnappyInputStream(packed);
            case LZ4 -> new LZ4FrameInputStream(packed);
            case ZSTD -> new ZstdInputStreamNoFinalizer(packed);
        };
    }
}
