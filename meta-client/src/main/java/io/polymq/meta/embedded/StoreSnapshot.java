package io.polymq.meta.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataException.Reason;
import io.polymq.meta.MetadataStore.Entry;
import io.polymq.meta.Transaction;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.rocksdb.RocksDBException;

/**
 * A store as one stream, big endian: the magic {@code PMQM}, format (4), revision (8); per entry
 * key length (4), key, create revision (8), modification revision (8), value length (4), value;
 * then -1 (4), the number of entries (8), and the CRC32C (4) of all before it. Blocks; any thread.
 */
final class StoreSnapshot {

    private static final int MAGIC = 0x504d514d;
    private static final int FORMAT = 1;
    private static final int END = -1;

    private StoreSnapshot() {}

    static long write(Rows rows, OutputStream to) throws IOException {
        CheckedOutputStream checked = new CheckedOutputStream(to, new CRC32C());
        DataOutputStream out = new DataOutputStream(checked);
        long[] count = {0};
        try {
            long revision =
                    rows.forEach(
                            "",
                            at -> writeHead(out, at),
                            entry -> {
                                if (entry.lease() == 0) {
                                    writeEntry(out, entry);
                                    count[0]++;
                                }
                            });
            out.writeInt(END);
            out.writeLong(count[0]);
            out.writeInt((int) checked.getChecksum().getValue());
            out.flush();
            return revision;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (RocksDBException e) {
            throw new IOException("metadata cannot be read for a snapshot", e);
        }
    }

    private static void writeHead(DataOutputStream out, long revision) {
        try {
            out.writeInt(MAGIC);
            out.writeInt(FORMAT);
            out.writeLong(revision);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeEntry(DataOutputStream out, Entry entry) {
        try {
            byte[] key = entry.key().getBytes(UTF_8);
            out.writeInt(key.length);
            out.write(key);
            out.writeLong(entry.createRevision());
            out.writeLong(entry.modRevision());
            out.writeInt(entry.value().length);
            out.write(entry.value());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void read(InputStream from, Path directory) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(from, new CRC32C());
        DataInputStream in = new DataInputStream(checked);
        try (Rows rows = Rows.openEmpty(directory)) {
            if (in.readInt() != MAGIC) {
                throw damaged("it does not begin like one");
            }
            int format = in.readInt();
            if (format != FORMAT) {
                throw damaged("it has format " + format + ", this broker reads " + FORMAT);
            }
            long revision = in.readLong();
            long count = 0;
            for (int length = in.readInt(); length != END; length = in.readInt()) {
                rows.restore(readEntry(in, length, revision));
                count++;
            }
            if (in.readLong() != count) {
                throw damaged("entries are missing");
            }
            int sum = (int) checked.getChecksum().getValue();
            if (in.readInt() != sum) {
                throw damaged("its checksum does not fit");
            }
            rows.markFormat(Rows.FORMAT, revision);
        } catch (EOFException e) {
            throw damaged("it ends too early");
        } catch (RocksDBException e) {
            throw new IOException("metadata cannot be restored into " + directory, e);
        }
    }

    private static Entry readEntry(DataInputStream in, int keyLength, long revision)
            throws IOException {
        byte[] key = readBytes(in, keyLength);
        long created = in.readLong();
        long modified = in.readLong();
        byte[] value = readBytes(in, in.readInt());
        if (created < 1 || created > modified || modified > revision) {
            throw damaged("an entry's revisions contradict each other");
        }
        return new Entry(new String(key, UTF_8), value, created, modified, 0);
    }

    private static byte[] readBytes(DataInputStream in, int length) throws IOException {
        if (length < 0 || length > Transaction.MAX_BYTES) {
            throw damaged("a length is out of bounds");
        }
        return in.readNBytes(length);
    }

    private static MetadataException damaged(String how) {
        return new MetadataException(
                Reason.UNUSABLE, "this is not a metadata snapshot, or a damaged one: " + how);
    }
}
