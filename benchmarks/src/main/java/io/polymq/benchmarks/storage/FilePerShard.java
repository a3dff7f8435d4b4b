package io.polymq.benchmarks.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A file for each shard, forced for each append. */
final class FilePerShard implements Contestant {

    private final List<FileChannel> files = new ArrayList<>();

    FilePerShard(Path folder, int shards) throws IOException {
        for (int i = 0; i < shards; i++) {
            files.add(
                    FileChannel.open(
                            folder.resolve("shard-" + i),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE));
        }
    }

    @Override
    public void append(int shard, ByteBuffer batch, Runnable done) throws IOException {
        FileChannel file = files.get(shard);
        ByteBuffer bytes = batch.duplicate();
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
        file.force(false);
        done.run();
    }

    @Override
    public void close() throws IOException {
        for (FileChannel file : files) {
            file.close();
        }
    }
}
