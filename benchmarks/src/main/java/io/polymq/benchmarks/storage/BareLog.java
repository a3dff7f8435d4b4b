package io.polymq.benchmarks.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file, a queue, and a thread that writes what has come and forces it: the least that group
 * commit can be. No offsets, no checksums, no index; nothing could be read back.
 */
final class BareLog implements Contestant {

    private record Waiting(ByteBuffer batch, Runnable done) {}

    private final FileChannel file;
    private final boolean force;
    private final Thread thread;
    private List<Waiting> incoming = new ArrayList<>();
    private boolean closed;

    BareLog(Path path, boolean force) throws IOException {
        this.force = force;
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        thread = Thread.ofPlatform().name("bare-log").start(this::run);
    }

    @Override
    public synchronized void append(int shard, ByteBuffer batch, Runnable done) {
        incoming.add(new Waiting(batch, done));
        if (incoming.size() == 1) {
            notifyAll();
        }
    }

    private synchronized List<Waiting> take() {
        while (incoming.isEmpty() && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                return List.of();
            }
        }
        List<Waiting> taken = incoming;
        incoming = new ArrayList<>(taken.size());
        return taken;
    }

    private void run() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(4 << 20);
        try {
            for (List<Waiting> round; !(round = take()).isEmpty(); ) {
                for (Waiting waiting : round) {
                    if (buffer.remaining() < waiting.batch.remaining()) {
                        write(buffer);
                    }
                    buffer.put(waiting.batch.duplicate());
                }
                write(buffer);
                if (force) {
                    file.force(false);
                }
                round.forEach(waiting -> waiting.done.run());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(ByteBuffer buffer) throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
        buffer.clear();
    }

    @Override
    public void close() throws Exception {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        thread.join();
        file.close();
    }
}
