package io.polymq.storage;

import io.polymq.config.StorageConfig;
import java.io.File;
import java.nio.file.Path;

/** Opens the driver that the configuration names. */
public final class ShardStores {

    private static final long MOST_RESERVE = 1L << 30;

    private ShardStores() {}

    /**
     * Opens, and recovers when it must; blocks until records can be read and written.
     *
     * @throws StorageException when the folder is in use, of a newer format, or damaged in a way
     *     that recovery refuses to guess about
     */
    public static ShardStore open(StorageParams params) {
        return switch (params.config().driver()) {
            case "log" -> log(params);
            case "memory" -> memory(params);
            case "rocksdb" -> rocksdb(params);
            default ->
                    throw new IllegalArgumentException(
                            "unknown storage driver " + params.config().driver());
        };
    }

    private static ShardStore log(StorageParams params) {
        Path folder = params.folder();
        FolderLock lock = FolderLock.take(folder);
        StorageConfig config = params.config();
        RealDisk disk = new RealDisk(folder);
        long reserve = reserve(config, folder.toFile().getTotalSpace());
        StorageMetrics metrics = new StorageMetrics(params.metrics());
        LogStore store =
                new LogStore(
                        new LogSetup(
                                folder,
                                config,
                                disk,
                                RocksRows.openDerived(
                                        folder.resolve("index"), config.indexCacheBytes()),
                                new SpaceGuard(disk::usableBytes, reserve),
                                params.clock(),
                                System::nanoTime,
                                metrics,
                                lock));
        metrics.observe(store::statistics, store::isFull);
        return store;
    }

    private static ShardStore memory(StorageParams params) {
        SortedMemory rows = new SortedMemory();
        long limit = params.config().memoryBytes();
        SpaceGuard space = new SpaceGuard(() -> limit - rows.bytes(), 1);
        return rows("memory", rows, space, params, true, () -> {});
    }

    private static ShardStore rocksdb(StorageParams params) {
        Path folder = params.folder();
        FolderLock lock = FolderLock.take(folder);
        StorageConfig config = params.config();
        RocksRows rows =
                new RocksRows(folder.resolve(RowStore.ROWS), true, config.indexCacheBytes());
        File device = folder.toFile();
        SpaceGuard space =
                new SpaceGuard(device::getUsableSpace, reserve(config, device.getTotalSpace()));
        return rows("rocksdb", rows, space, params, false, lock);
    }

    private static ShardStore rows(
            String driver,
            OrderedStore rows,
            SpaceGuard space,
            StorageParams params,
            boolean inMemory,
            java.io.Closeable lock) {
        StorageMetrics metrics = new StorageMetrics(params.metrics());
        RowStore store =
                new RowStore(
                        driver,
                        rows,
                        space,
                        params.config(),
                        params.clock(),
                        metrics,
                        inMemory,
                        lock);
        metrics.observe(store::statistics, store::isFull);
        return store;
    }

    static long reserve(StorageConfig config, long deviceBytes) {
        return config.reserveBytes() > 0
                ? config.reserveBytes()
                : Math.min(MOST_RESERVE, deviceBytes / 20);
    }
}
