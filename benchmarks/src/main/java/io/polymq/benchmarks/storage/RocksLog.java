package io.polymq.benchmarks.storage;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/** RocksDB, each append one put with its log synced; callers on several threads share its syncs. */
final class RocksLog implements Contestant {

    private final Options options;
    private final RocksDB db;
    private final WriteOptions synced;
    private final AtomicLong next = new AtomicLong();

    RocksLog(Path folder) throws RocksDBException {
        RocksDB.loadLibrary();
        options = new Options().setCreateIfMissing(true).setWriteBufferSize(64 << 20);
        synced = new WriteOptions().setSync(true);
        db = RocksDB.open(options, folder.toString());
    }

    @Override
    public void append(int shard, ByteBuffer batch, Runnable done) throws RocksDBException {
        byte[] key = ByteBuffer.allocate(16).putLong(shard).putLong(next.getAndIncrement()).array();
        byte[] value = new byte[batch.remaining()];
        batch.get(batch.position(), value);
        db.put(synced, key, value);
        done.run();
    }

    @Override
    public void close() {
        db.close();
        synced.close();
        options.close();
    }
}
