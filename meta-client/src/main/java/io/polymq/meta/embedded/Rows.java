package io.polymq.meta.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataException.Reason;
import io.polymq.meta.MetadataStore.Entry;
import io.polymq.meta.MetadataStore.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatchWithIndex;
import org.rocksdb.WriteOptions;

/**
 * The files: a RocksDB with three column families. {@code default} holds what the store knows of
 * itself (format, revision), {@code entries} a row per key, {@code leased} an empty row per key
 * that hangs on a lease. Shared: reads by any thread, writes by the one thread that writes; a lock
 * keeps the native database open while someone is in it.
 *
 * <p>A torn record at the end of the write-ahead log is one that was never answered and is cut; any
 * other damage refuses to open.
 */
final class Rows implements AutoCloseable {

    static final int FORMAT = 1;
    private static final byte[] FORMAT_KEY = "format".getBytes(UTF_8);
    private static final byte[] RESTORING_KEY = "restoring".getBytes(UTF_8);
    private static final byte[] REVISION_KEY = "revision".getBytes(UTF_8);

    private final ReentrantReadWriteLock lifeLock = new ReentrantReadWriteLock();
    private final List<AutoCloseable> options = new ArrayList<>();
    private final WriteOptions forced = new WriteOptions().setSync(true);
    private final WriteOptions unforced = new WriteOptions();
    private final ReadOptions plain = new ReadOptions();
    private final RocksDB database;
    private final ColumnFamilyHandle self;
    private final ColumnFamilyHandle entries;
    private final ColumnFamilyHandle leased;
    private boolean closed;

    private Rows(Path directory) throws RocksDBException {
        DBOptions database =
                new DBOptions()
                        .setCreateIfMissing(true)
                        .setCreateMissingColumnFamilies(true)
                        .setParanoidChecks(true)
                        .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                        .setKeepLogFileNum(2)
                        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                        .setMaxOpenFiles(64)
                        .setMaxTotalWalSize(32L << 20);
        ColumnFamilyOptions family =
                new ColumnFamilyOptions()
                        .setWriteBufferSize(8L << 20)
                        .setCompressionType(CompressionType.NO_COMPRESSION);
        options.add(database);
        options.add(family);
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        this.database =
                RocksDB.open(
                        database,
                        directory.toString(),
                        List.of(
                                new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                                new ColumnFamilyDescriptor("entries".getBytes(UTF_8), family),
                                new ColumnFamilyDescriptor("leased".getBytes(UTF_8), family)),
                        handles);
        self = handles.get(0);
        entries = handles.get(1);
        leased = handles.get(2);
    }

    /** Opens or creates; refuses with one sentence. */
    static Rows open(Path directory) {
        Rows rows = openFiles(directory);
        try {
            rows.checkFormat(directory);
            return rows;
        } catch (RocksDBException e) {
            rows.close();
            throw unusable("metadata in " + directory + " cannot be read", e);
        } catch (MetadataException e) {
            rows.close();
            throw e;
        }
    }

    /** A directory without a store in it, for {@link StoreSnapshot} to fill. */
    static Rows openEmpty(Path directory) {
        try {
            if (Files.isDirectory(directory)) {
                try (var inside = Files.list(directory)) {
                    if (inside.findAny().isPresent()) {
                        throw new MetadataException(
                                Reason.UNUSABLE,
                                directory
                                        + " is not empty; metadata is restored only into a new directory");
                    }
                }
            }
        } catch (IOException e) {
            throw unusable(directory + " cannot be read", e);
        }
        Rows rows = openFiles(directory);
        try {
            rows.database.put(rows.self, rows.forced, RESTORING_KEY, new byte[0]);
        } catch (RocksDBException e) {
            rows.close();
            throw unusable("metadata in " + directory + " cannot be written", e);
        }
        return rows;
    }

    private static Rows openFiles(Path directory) {
        RocksDB.loadLibrary();
        try {
            Files.createDirectories(directory);
            return new Rows(directory);
        } catch (IOException e) {
            throw unusable("the metadata directory " + directory + " cannot be created", e);
        } catch (RocksDBException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("lock")) {
                throw unusable(
                        "metadata in " + directory + " is in use by another broker process", e);
            }
            throw unusable("metadata in " + directory + " cannot be opened: " + message, e);
        }
    }

    private static MetadataException unusable(String message, Exception cause) {
        return new MetadataException(Reason.UNUSABLE, message, cause);
    }

    private void checkFormat(Path directory) throws RocksDBException {
        byte[] found = database.get(self, FORMAT_KEY);
        if (found == null) {
            if (database.get(self, RESTORING_KEY) != null) {
                throw new MetadataException(
                        Reason.UNUSABLE,
                        "metadata in "
                                + directory
                                + " is what an unfinished restore left; remove it and restore again");
            }
            markFormat(FORMAT, 0);
            return;
        }
        int format = ByteBuffer.wrap(found).getInt();
        if (format != FORMAT) {
            throw new MetadataException(
                    Reason.UNUSABLE,
                    "metadata in "
                            + directory
                            + " has format "
                            + format
                            + ", this broker reads format "
                            + FORMAT
                            + "; run the version that wrote it");
        }
    }

    /** Says, forced, that this is a whole store of that format. */
    void markFormat(int format, long revision) throws RocksDBException {
        database.put(self, unforced, REVISION_KEY, eightBytes(revision));
        database.put(self, forced, FORMAT_KEY, ByteBuffer.allocate(4).putInt(format).array());
    }

    long revision() throws RocksDBException {
        return revision(plain);
    }

    private long revision(ReadOptions as) throws RocksDBException {
        byte[] bytes = database.get(self, as, REVISION_KEY);
        return bytes == null ? 0 : ByteBuffer.wrap(bytes).getLong();
    }

    /** One entry as it was last forced. */
    Entry get(String key) throws RocksDBException {
        enter();
        try {
            byte[] row = database.get(entries, key.getBytes(UTF_8));
            return row == null ? Entry.ABSENT : Row.parse(row).entry(key);
        } finally {
            leave();
        }
    }

    /** All entries under the prefix, in key order, as of one revision. */
    Range range(String prefix) throws RocksDBException {
        List<Entry> found = new ArrayList<>();
        long revision = forEach(prefix, at -> {}, found::add);
        return new Range(found, revision);
    }

    /** Visits entries as of one revision, which is told first. */
    long forEach(String prefix, LongConsumer before, Consumer<Entry> visitor)
            throws RocksDBException {
        enter();
        try (ReadOptions as = new ReadOptions()) {
            Snapshot snapshot = database.getSnapshot();
            try (Slice end = new Slice(prefixEnd(prefix.getBytes(UTF_8)))) {
                as.setSnapshot(snapshot).setIterateUpperBound(end);
                long revision = revision(as);
                before.accept(revision);
                try (RocksIterator at = database.newIterator(entries, as)) {
                    for (at.seek(prefix.getBytes(UTF_8)); at.isValid(); at.next()) {
                        visitor.accept(Row.parse(at.value()).entry(new String(at.key(), UTF_8)));
                    }
                    at.status();
                }
                return revision;
            } finally {
                database.releaseSnapshot(snapshot);
                snapshot.close();
            }
        } finally {
            leave();
        }
    }

    /** Row of a key as the batch would leave it. Writing thread. */
    @Nullable Row staged(WriteBatchWithIndex batch, byte[] key) throws RocksDBException {
        byte[] row = batch.getFromBatchAndDB(database, entries, plain, key);
        return row == null ? null : Row.parse(row);
    }

    /** Keys under the prefix as the batch would leave them. Writing thread. */
    List<byte[]> stagedKeys(WriteBatchWithIndex batch, byte[] prefix) throws RocksDBException {
        return keys(batch, entries, prefix, 0);
    }

    /** Keys on the lease as the batch would leave them. Writing thread. */
    List<byte[]> leasedKeys(WriteBatchWithIndex batch, long lease) throws RocksDBException {
        return keys(batch, leased, eightBytes(lease), 8);
    }

    /** Keys on any lease. Writing thread. */
    List<byte[]> allLeasedKeys(WriteBatchWithIndex batch) throws RocksDBException {
        return keys(batch, leased, new byte[0], 8);
    }

    private List<byte[]> keys(
            WriteBatchWithIndex batch, ColumnFamilyHandle family, byte[] prefix, int skip)
            throws RocksDBException {
        List<byte[]> keys = new ArrayList<>();
        try (RocksIterator at =
                batch.newIteratorWithBase(family, database.newIterator(family, plain))) {
            for (at.seek(prefix); at.isValid() && begins(at.key(), prefix); at.next()) {
                byte[] key = at.key();
                keys.add(Arrays.copyOfRange(key, skip, key.length));
            }
            at.status();
        }
        return keys;
    }

    /** Writing thread. */
    void stagePut(WriteBatchWithIndex batch, byte[] key, Row row) throws RocksDBException {
        batch.put(entries, key, row.bytes());
        if (row.lease() != 0) {
            batch.put(leased, leasedKey(row.lease(), key), new byte[0]);
        }
    }

    /** Takes a key off its lease. Writing thread. */
    void stageUnleased(WriteBatchWithIndex batch, byte[] key, long lease) throws RocksDBException {
        if (lease != 0) {
            batch.delete(leased, leasedKey(lease, key));
        }
    }

    /** Writing thread. */
    void stageDelete(WriteBatchWithIndex batch, byte[] key) throws RocksDBException {
        batch.delete(entries, key);
    }

    /** Writes the batch and the revision that it leads to, and forces both. Writing thread. */
    void force(WriteBatchWithIndex batch, long revision) throws RocksDBException {
        batch.put(self, REVISION_KEY, eightBytes(revision));
        database.write(forced, batch);
    }

    /** Writes without forcing, for {@link StoreSnapshot}, which ends with {@link #markFormat}. */
    void restore(Entry entry) throws RocksDBException {
        Row row = new Row(entry.createRevision(), entry.modRevision(), 0, entry.value());
        database.put(entries, unforced, entry.key().getBytes(UTF_8), row.bytes());
    }

    private static byte[] leasedKey(long lease, byte[] key) {
        return ByteBuffer.allocate(8 + key.length).putLong(lease).put(key).array();
    }

    private static byte[] eightBytes(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }

    private static boolean begins(byte[] key, byte[] prefix) {
        return key.length >= prefix.length
                && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** The first key after all that begin with the prefix; UTF-8 has no byte 0xff. */
    private static byte[] prefixEnd(byte[] prefix) {
        if (prefix.length == 0) {
            return new byte[] {(byte) 0xff};
        }
        byte[] end = prefix.clone();
        end[end.length - 1]++;
        return end;
    }

    private void enter() {
        lifeLock.readLock().lock();
        if (closed) {
            lifeLock.readLock().unlock();
            throw new MetadataException(Reason.CLOSED, "the metadata store is closed");
        }
    }

    private void leave() {
        lifeLock.readLock().unlock();
    }

    /** Waits for readers. Idempotent. */
    @Override
    public void close() {
        lifeLock.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            self.close();
            entries.close();
            leased.close();
            plain.close();
            forced.close();
            unforced.close();
            database.close();
            for (AutoCloseable option : options) {
                closeQuietly(option);
            }
        } finally {
            lifeLock.writeLock().unlock();
        }
    }

    private static void closeQuietly(AutoCloseable option) {
        try {
            option.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing " + option, e);
        }
    }
}
