package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;

/** {@code [storage]}: where messages are kept. */
@Doc("Where messages are kept.")
public record StorageConfig(
        @Doc(
                        "The driver: log is durable and the fastest on disk, rocksdb keeps everything in"
                                + " RocksDB, memory forgets when the broker ends.")
                @OneOf({"log", "rocksdb", "memory"})
                @Default("log")
                String driver) {

    public static final StorageConfig DEFAULT = Defaults.of(StorageConfig.class);
}
