package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.polymq.network.Part.Chunk;
import io.polymq.network.Part.FileSlice;
import io.polymq.network.Part.Linked;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes parts as they are: for transports that carry a byte stream, and, with a frame header in
 * front of each batch, for WebSocket.
 *
 * <p>Where the kernel cannot send files, a file's region is read piece by piece on the given
 * executor, never on the loop; the batch waits for the piece.
 */
final class RawWriter implements BatchWriter {

    /** Writes what goes in front of a batch of so many bytes. */
    interface Framing {
        @Nullable ByteBuf header(Channel channel, long bytes);
    }

    static final Framing NONE = (channel, bytes) -> null;

    private final boolean sendsFiles;
    private final Executor fileReaders;
    private final Framing framing;

    RawWriter(boolean sendsFiles, Executor fileReaders, Framing framing) {
        this.sendsFiles = sendsFiles;
        this.fileReaders = fileReaders;
        this.framing = framing;
    }

    @Override
    public long write(Channel channel, Appends from, Consumer<Chunk> keep, ChannelPromise promise) {
        Part first = nextSent(from, keep);
        if (first == null) {
            promise.trySuccess();
            return 0;
        }
        if (first instanceof FileSlice file && !sendsFiles) {
            readPiece(file, channel, from, promise);
            return 0;
        }
        if (framing == NONE && from.isEmpty()) {
            long size = first.size();
            channel.write(taken(first, keep), promise);
            return size;
        }
        List<Part> batch = new ArrayList<>(8);
        batch.add(first);
        long bytes = first.size();
        while (bytes < BATCH_BYTES) {
            Part next = nextSent(from, keep);
            if (next == null) {
                break;
            }
            if (next instanceof FileSlice && !sendsFiles) {
                from.pushBack(next);
                break;
            }
            batch.add(next);
            bytes += next.size();
        }
        ByteBuf header = framing.header(channel, bytes);
        if (header != null) {
            channel.write(header, channel.voidPromise());
        }
        int last = batch.size() - 1;
        for (int i = 0; i < last; i++) {
            channel.write(taken(batch.get(i), keep), channel.voidPromise());
        }
        channel.write(taken(batch.get(last), keep), promise);
        return bytes;
    }

    /** Passes over chunks that have nothing left to send but may be spare after this batch. */
    private static @Nullable Part nextSent(Appends from, Consumer<Chunk> keep) {
        while (true) {
            Part part = from.poll();
            if (part == null || part.size() > 0) {
                return part;
            }
            if (part instanceof Chunk chunk) {
                keep.accept(chunk);
            } else {
                part.drop();
            }
        }
    }

    private static Object taken(Part part, Consumer<Chunk> keep) {
        return switch (part) {
            case Chunk chunk -> {
                keep.accept(chunk);
                yield chunk.buffer().retain();
            }
            case Linked linked -> linked.buffer();
            case FileSlice file -> file;
        };
    }

    private void readPiece(FileSlice file, Channel channel, Appends from, ChannelPromise promise) {
        int length = (int) Math.min(file.size(), ChunkPool.CHUNK_BYTES);
        ByteBuf piece = channel.alloc().directBuffer(length, length);
        fileReaders.execute(
                () -> {
                    IOException failure = null;
                    try {
                        readFully(file, piece, length);
                    } catch (IOException e) {
                        failure = e;
                    }
                    IOException failed = failure;
                    channel.eventLoop()
                            .execute(() -> pieceRead(file, piece, failed, from, promise));
                });
    }

    private static void readFully(FileSlice file, ByteBuf piece, int length) throws IOException {
        ByteBuffer target = piece.internalNioBuffer(0, length);
        long position = file.nextPosition();
        while (target.hasRemaining()) {
            int read = file.file().read(target, position);
            if (read < 0) {
                throw new IOException("the file ends inside the region to be sent");
            }
            position += read;
        }
        piece.writerIndex(length);
    }

    private static void pieceRead(
            FileSlice file,
            ByteBuf piece,
            @Nullable IOException failed,
            Appends from,
            ChannelPromise promise) {
        if (failed != null) {
            piece.release();
            file.release();
            promise.tryFailure(failed);
            return;
        }
        file.consume(piece.readableBytes());
        if (file.size() > 0) {
            from.pushBack(file);
        } else {
            file.release();
        }
        from.pushBack(new Linked(piece));
        promise.trySuccess();
    }
}
