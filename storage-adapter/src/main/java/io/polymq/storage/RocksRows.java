package io.polymq.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rows in RocksDB, with its own log or, where the rows can be made anew, without. */
final class RocksRows implements OrderedStore {

    private static final Logger log = LoggerFactory.getLogger(RocksRows.class);

    private final LRUCache cache;
    private final BloomFilter bloom;
    private final ColumnFamilyOptions familyOptions;
    private final DBOptions options;
    private final WriteOptions forced;
    private final WriteOptions written;
    private final FlushOptions flushOptions;
    private final List<ColumnFamilyHandle> handles = new ArrayList<>();
    private final RocksDB db;

    /** Read: uses the database, which must not be closed under it. Write: closes it. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();

    private boolean closed;

    /**
     * @param logged whether RocksDB keeps a write-ahead log; without it only {@link #flush} makes
     *     rows safe
     */
    RocksRows(Path folder, boolean logged, long cacheBytes) {
        RocksDB.loadLibrary();
        cache = new LRUCache(cacheBytes);
        bloom = new BloomFilter(10);
        flushOptions = new FlushOptions().setWaitForFlush(true);
        familyOptions =
                new ColumnFamilyOptions()
                        .setTableFormatConfig(
                                new BlockBasedTableConfig()
                                        .setBlockCache(cache)
                                        .setFilterPolicy(bloom)
                                        .setCacheIndexAndFilterBlocks(true)
                                        .setFormatVersion(5))
                        .setWriteBufferSize(logged ? 64L << 20 : 16L << 20)
                        .setCompressionType(CompressionType.LZ4_COMPRESSION)
                        .setLevelCompactionDynamicLevelBytes(true);
        options =
                new DBOptions()
                        .setCreateIfMissing(true)
                        .setCreateMissingColumnFamilies(true)
                        .setAtomicFlush(!logged)
                        .setMaxBackgroundJobs(2)
                        .setMaxOpenFiles(512)
                        .setInfoLogLevel(InfoLogLevel.ERROR_LEVEL)
                        .setKeepLogFileNum(2);
        forced = new WriteOptions().setSync(logged).setDisableWAL(!logged);
        written = new WriteOptions().setDisableWAL(!logged);
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        families.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, familyOptions));
        for (Family family : Family.values()) {
            families.add(
                    new ColumnFamilyDescriptor(
                            family.name().getBytes(StandardCharsets.UTF_8), familyOptions));
        }
        try {
            Files.createDirectories(folder);
            db = RocksDB.open(options, folder.toString(), families, handles);
        } catch (RocksDBException | IOException e) {
            closeOptions();
            throw new StorageException(
                    StorageException.Kind.IO, "cannot open RocksDB in " + folder, e);
        }
    }

    /**
     * Rows that can be made anew: without a log, and when RocksDB finds its files damaged, they are
     * removed and the rows begin empty.
     */
    static RocksRows openDerived(Path folder, long cacheBytes) {
        try {
            return new RocksRows(folder, false, cacheBytes);
        } catch (StorageException e) {
            if (!(e.getCause() instanceof RocksDBException cause) || isInUse(cause)) {
                throw e;
            }
            log.atWarn()
                    .addKeyValue("folder", folder)
                    .addKeyValue("reason", cause.getMessage())
                    .log("The index is damaged; it is made anew from the lanes");
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            } catch (IOException failure) {
                e.addSuppressed(failure);
                throw e;
            }
            return new RocksRows(folder, false, cacheBytes);
        }
    }

    private static boolean isInUse(RocksDBException cause) {
        String message = cause.getMessage();
        return message != null && message.contains("lock");
    }

    private ColumnFamilyHandle handle(Family family) {
        return handles.get(family.ordinal() + 1);
    }

    private static StorageException failed(String what, RocksDBException cause) {
        return new StorageException(
                StorageException.Kind.IO, what + " failed: " + cause.getMessage(), cause);
    }

    private void enter() {
        use.readLock().lock();
        if (closed) {
            use.readLock().unlock();
            throw new StorageException(StorageException.Kind.CLOSED, "storage is closed");
        }
    }

    private void leave() {
        use.readLock().unlock();
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        enter();
        try {
            return db.get(handle(family), key);
        } catch (RocksDBException e) {
            throw failed("reading a row", e);
        } finally {
            leave();
        }
    }

    @Override
    public Walk walk(Family family, byte[] from, byte[] to) {
        enter();
        try {
            return new RocksWalk(db, handle(family), from, to, this::leave);
        } catch (RuntimeException e) {
            leave();
            throw e;
        }
    }

    @Override
    public Changes changes() {
        return new Batch();
    }

    @Override
    public void apply(Changes changes, boolean force) {
        enter();
        try {
            db.write(force ? forced : written, ((Batch) changes).batch);
        } catch (RocksDBException e) {
            throw failed("writing rows", e);
        } finally {
            leave();
        }
    }

    @Override
    public void flush() {
        enter();
        try {
            db.flush(flushOptions, handles);
        } catch (RocksDBException e) {
            throw failed("flushing rows", e);
        } finally {
            leave();
        }
    }

    @Override
    public void checkpoint(Path folder) throws IOException {
        enter();
        try (Checkpoint checkpoint = Checkpoint.create(db)) {
            checkpoint.createCheckpoint(folder.toString());
        } catch (RocksDBException e) {
            throw new IOException("rows cannot be copied to " + folder, e);
        } finally {
            leave();
        }
    }

    @Override
    public long bytes() {
        enter();
        try {
            long sum = 0;
            for (ColumnFamilyHandle family : handles) {
                sum += db.getLongProperty(family, "rocksdb.total-sst-files-size");
                sum += db.getLongProperty(family, "rocksdb.cur-size-all-mem-tables");
            }
            return sum;
        } catch (RocksDBException e) {
            throw failed("asking for the size", e);
        } finally {
            leave();
        }
    }

    @Override
    public void close() {
        use.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            handles.forEach(ColumnFamilyHandle::close);
            db.close();
            closeOptions();
        } finally {
            use.writeLock().unlock();
        }
    }

    private void closeOptions() {
        flushOptions.close();
        forced.close();
        written.close();
        options.close();
        familyOptions.close();
        bloom.close();
        cache.close();
    }

    private final class Batch implements Changes {
        private final WriteBatch batch = new WriteBatch();

        @Override
        public void put(Family family, byte[] key, byte[] value) {
            try {
                batch.put(handle(family), key, value);
            } catch (RocksDBException e) {
                throw failed("putting a row", e);
            }
        }

        @Override
        public void delete(Family family, byte[] key) {
            try {
                batch.delete(handle(family), key);
            } catch (RocksDBException e) {
                throw failed("deleting a row", e);
            }
        }

        @Override
        public void deleteRange(Family family, byte[] from, byte[] to) {
            try {
                batch.deleteRange(handle(family), from, to);
            } catch (RocksDBException e) {
                throw failed("deleting rows", e);
            }
        }

        @Override
        public boolean isEmpty() {
            return batch.count() == 0;
        }

        @Override
        public void close() {
            batch.close();
        }
    }

    private static final class RocksWalk implements Walk {
        private final Slice lower;
        private final Slice upper;
        private final ReadOptions options;
        private final RocksIterator rows;
        private final Runnable onClose;

        RocksWalk(RocksDB db, ColumnFamilyHandle family, byte[] from, byte[] to, Runnable onClose) {
            this.onClose = onClose;
            lower = new Slice(from);
            upper = new Slice(to);
            options = new ReadOptions().setIterateLowerBound(lower).setIterateUpperBound(upper);
            rows = db.newIterator(family, options);
        }

        private boolean valid() {
            if (rows.isValid()) {
                return true;
            }
            try {
                rows.status();
            } catch (RocksDBException e) {
                throw failed("walking over rows", e);
            }
            return false;
        }

        @Override
        public boolean ceiling(byte[] key) {
            rows.seek(key);
            return valid();
        }

        @Override
        public boolean floor(byte[] key) {
            rows.seekForPrev(key);
            return valid();
        }

        @Override
        public boolean first() {
            rows.seekToFirst();
            return valid();
        }

        @Override
        public boolean last() {
            rows.seekToLast();
            return valid();
        }

        @Override
        public boolean next() {
            rows.next();
            return valid();
        }

        @Override
        public boolean previous() {
            rows.prev();
            return valid();
        }

        @Override
        public byte[] key() {
            return rows.key();
        }

        @Override
        public byte[] value() {
            return rows.value();
        }

        @Override
        public void close() {
            rows.close();
            options.close();
            lower.close();
            upper.close();
            onClose.run();
        }
    }
}
