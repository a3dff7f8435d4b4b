package io.polymq.storage;

import io.polymq.config.StorageConfig;
import io.polymq.config.schema.Defaults;
import java.util.ArrayList;
import java.util.List;

/** Configurations with short intervals and small files. */
final class TestConfigs {

    private TestConfigs() {}

    static StorageConfig quick(String... settings) {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "driver=log",
                                "lanes=2",
                                "own_lanes=4",
                                "segment_bytes=1MiB",
                                "reserve_bytes=1MiB",
                                "memory_bytes=64MiB",
                                "tail_cache_bytes=1MiB",
                                "pending_bytes=16MiB",
                                "max_append_bytes=2MiB",
                                "checkpoint_bytes=1MiB",
                                "checkpoint_interval=200ms",
                                "force_interval=20ms",
                                "cursor_interval=10ms",
                                "retention_interval=10ms",
                                "clean_rate=256MiB",
                                "index_cache_bytes=8MiB",
                                "read_threads=2"));
        all.addAll(List.of(settings));
        return Defaults.with(StorageConfig.class, all.toArray(new String[0]));
    }
}
