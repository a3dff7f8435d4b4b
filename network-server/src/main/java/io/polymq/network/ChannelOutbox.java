package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.polymq.network.Part.Chunk;
import io.polymq.network.Part.FileSlice;
import io.polymq.network.Part.Linked;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outbox of a channel.
 *
 * <p>Two lanes. The connection's own loop appends to {@code own} without a lock. Other threads
 * append to {@link ForeignLane} under its lock and wake the loop once; the loop moves the foreign
 * appends behind its own before it next appends or flushes, so that what was appended first is sent
 * first.
 *
 * <p>A flush hands a batch to the channel: chunks, linked payloads, file regions. While a batch is
 * on its way nothing else is handed over; appends gather meanwhile and go out as the next batch.
 * Chunks come back to the pool when their batch is done; an outbox with nothing to say holds no
 * memory but its own fields.
 */
final class ChannelOutbox implements Outbox, Runnable, FutureListener<Void> {

    private static final int FLUSH_AT_ONCE_BYTES = 2 * ChunkPool.CHUNK_BYTES;
    private static final VarHandle FOREIGN;
    private static final VarHandle OWN_PENDING;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            FOREIGN = lookup.findVarHandle(ChannelOutbox.class, "foreign", ForeignLane.class);
            OWN_PENDING = lookup.findVarHandle(ChannelOutbox.class, "ownPending", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What the outbox tells its connection, on the loop unless said otherwise. */
    interface Owner {
        void congestionChanged(boolean writable);

        /** Any thread: more is pending than a connection may owe. */
        void overflowed();

        /** Nothing is on its way: all was sent, or the rest is held. */
        void drained();

        void sent(long bytes);

        void writeFailed(Throwable cause);
    }

    private final Channel channel;
    private final LoopContext loop;
    private final EventLoop eventLoop;
    private final Owner owner;
    private final WriteLimits limits;
    private final Appends own;

    // Loop only, ownPending also read by others.
    private long ownPending;
    private long batchBytes;
    private boolean touched;
    private boolean flushing;
    private boolean batchOnItsWay;
    private boolean held;
    private boolean goodbye;
    private boolean toldCongested;
    private BatchWriter writer;
    private @Nullable Chunk batchChunk;
    private @Nullable ArrayDeque<Chunk> batchChunks;
    private @Nullable List<Runnable> whenWritable;
    private @Nullable ByteBuf scrap;

    // Any thread.
    private volatile @Nullable ForeignLane foreign;
    private volatile boolean congested;
    private volatile boolean overflowed;
    private volatile boolean sealed;
    private volatile boolean closed;

    ChannelOutbox(
            Channel channel,
            LoopContext loop,
            WriteLimits limits,
            BatchWriter writer,
            Owner owner) {
        this.channel = channel;
        this.loop = loop;
        this.eventLoop = loop.eventLoop();
        this.limits = limits;
        this.writer = writer;
        this.owner = owner;
        this.own = new Appends(loop.chunks());
    }

    @Override
    public ByteBuf begin(int room) {
        if (!eventLoop.inEventLoop()) {
            return foreignLane().begin(room, sealed || overflowed);
        }
        if (sealed || (overflowed && !goodbye)) {
            scrap = Unpooled.buffer(room);
            return scrap;
        }
        takeForeign();
        return own.begin(room);
    }

    @Override
    public ByteBuf more(int room) {
        if (!eventLoop.inEventLoop()) {
            return foreignLane().more(room);
        }
        if (scrap != null) {
            scrap = Unpooled.buffer(room);
            return scrap;
        }
        return own.more(room);
    }

    @Override
    public void link(ByteBuf payload) {
        append(new Linked(payload));
    }

    @Override
    public void file(FileChannel file, long position, long count, Runnable release) {
        append(new FileSlice(file, position, count, release));
    }

    private void append(Part payload) {
        if (!eventLoop.inEventLoop()) {
            foreignLane().link(payload);
        } else if (scrap != null) {
            payload.drop();
        } else {
            own.link(payload);
        }
    }

    @Override
    public void end() {
        if (!eventLoop.inEventLoop()) {
            endForeign();
            return;
        }
        if (scrap != null) {
            scrap = null;
            return;
        }
        own.end();
        countOwn();
        touch();
        if (own.bytes() >= FLUSH_AT_ONCE_BYTES && !batchOnItsWay) {
            flushNow();
        }
    }

    @Override
    public void lock() {
        foreignLane().lock();
    }

    @Override
    public void unlock() {
        foreignLane().unlock();
    }

    private void endForeign() {
        ForeignLane lane = foreignLane();
        boolean wake = lane.end();
        checkMarks(pendingBytes());
        if (wake) {
            eventLoop.execute(this);
        }
    }

    @Override
    public void append(byte[] bytes, int offset, int length) {
        ByteBuf out = begin(Math.min(length, ChunkPool.CHUNK_BYTES));
        try {
            int written = 0;
            while (true) {
                int part = Math.min(length - written, out.writableBytes());
                out.writeBytes(bytes, offset + written, part);
                written += part;
                if (written == length) {
                    break;
                }
                out = more(Math.min(length - written, ChunkPool.CHUNK_BYTES));
            }
        } finally {
            end();
        }
    }

    private ForeignLane foreignLane() {
        ForeignLane lane = foreign;
        if (lane == null) {
            ForeignLane fresh = new ForeignLane(loop.chunks());
            lane = (ForeignLane) FOREIGN.compareAndExchange(this, null, fresh);
            if (lane == null) {
                lane = fresh;
            }
        }
        return lane;
    }

    private void takeForeign() {
        ForeignLane lane = foreign;
        if (lane != null && lane.hasAppends()) {
            lane.moveTo(own);
            countOwn();
            touch();
        }
    }

    private void countOwn() {
        long pending = own.bytes() + batchBytes;
        OWN_PENDING.setOpaque(this, pending);
        checkMarks(pending);
    }

    private void checkMarks(long pending) {
        if (pending > limits.high() && !congested) {
            congested = true;
            eventLoop.execute(this::tellCongestion);
        }
        if (pending > limits.max() && !overflowed) {
            overflowed = true;
            owner.overflowed();
        }
    }

    private void tellCongestion() {
        if (congested && pendingBytes() <= limits.low()) {
            // All was sent before the mark was set: nothing that is on its way would take it back.
            congested = false;
            tellWritable();
            return;
        }
        if (congested && !closed && !toldCongested) {
            toldCongested = true;
            owner.congestionChanged(false);
        }
    }

    private void touch() {
        if (!touched) {
            touched = true;
            loop.touched(this);
        }
    }

    /** Another thread has appended. */
    @Override
    public void run() {
        flushNow();
    }

    /** The loop's turn ends. */
    void turnEnded() {
        touched = false;
        flushNow();
    }

    @Override
    public void flush() {
        if (eventLoop.inEventLoop()) {
            flushNow();
        } else {
            eventLoop.execute(this);
        }
    }

    private void flushNow() {
        assert eventLoop.inEventLoop();
        if (flushing || closed) {
            return;
        }
        takeForeign();
        flushing = true;
        try {
            while (!batchOnItsWay && !held && !own.isEmpty()) {
                startBatch();
            }
        } finally {
            flushing = false;
        }
        if (batchOnItsWay) {
            own.shrink();
        } else {
            owner.drained();
        }
    }

    private void startBatch() {
        batchOnItsWay = true;
        ChannelPromise promise = channel.newPromise();
        promise.addListener(this);
        long bytes = writer.write(channel, own, this::keepUntilSent, promise);
        if (batchOnItsWay) {
            batchBytes = bytes;
            if (bytes > 0) {
                channel.flush();
            }
        }
    }

    /** Remembers a chunk of the batch being written, so that it goes back to the pool. */
    private void keepUntilSent(Chunk chunk) {
        if (batchChunk == null) {
            batchChunk = chunk;
            return;
        }
        ArrayDeque<Chunk> more = batchChunks;
        if (more == null) {
            more = new ArrayDeque<>();
            batchChunks = more;
        }
        more.add(chunk);
    }

    @Override
    public void operationComplete(Future<Void> sent) {
        assert eventLoop.inEventLoop();
        giveChunksBack();
        long bytes = batchBytes;
        batchBytes = 0;
        batchOnItsWay = false;
        if (!sent.isSuccess()) {
            Throwable cause = sent.cause();
            OWN_PENDING.setOpaque(this, own.bytes());
            owner.writeFailed(cause == null ? new IOException("write failed") : cause);
            return;
        }
        OWN_PENDING.setOpaque(this, own.bytes());
        owner.sent(bytes);
        if (congested && pendingBytes() <= limits.low()) {
            congested = false;
            eventLoop.execute(this::tellWritable);
        }
        if (!flushing) {
            flushNow();
        }
    }

    private void giveChunksBack() {
        Chunk first = batchChunk;
        if (first != null) {
            batchChunk = null;
            loop.chunks().giveBack(first);
        }
        ArrayDeque<Chunk> more = batchChunks;
        if (more != null) {
            batchChunks = null;
            for (Chunk chunk : more) {
                loop.chunks().giveBack(chunk);
            }
        }
    }

    private void tellWritable() {
        if (congested) {
            return;
        }
        if (toldCongested && !closed) {
            toldCongested = false;
            owner.congestionChanged(true);
        }
        List<Runnable> actions = whenWritable;
        whenWritable = null;
        if (actions != null) {
            actions.forEach(Runnable::run);
        }
    }

    @Override
    public long pendingBytes() {
        ForeignLane lane = foreign;
        return (long) OWN_PENDING.getOpaque(this) + (lane == null ? 0 : lane.bytes());
    }

    @Override
    public boolean isCongested() {
        return congested;
    }

    @Override
    public void whenWritable(Runnable action) {
        eventLoop.execute(
                () -> {
                    if (!congested || closed) {
                        action.run();
                        return;
                    }
                    List<Runnable> actions = whenWritable;
                    if (actions == null) {
                        actions = new ArrayList<>(2);
                        whenWritable = actions;
                    }
                    actions.add(action);
                });
    }

    boolean isDrained() {
        ForeignLane lane = foreign;
        return own.isEmpty() && !batchOnItsWay && (lane == null || !lane.hasAppends());
    }

    /** Sends nothing more until {@link #resumeWith}; true when nothing is on its way any more. */
    boolean hold() {
        flushNow();
        held = true;
        return !batchOnItsWay;
    }

    /** Ends {@link #hold}; what follows is written this way. */
    void resumeWith(BatchWriter next) {
        writer = next;
        held = false;
        touch();
    }

    void writeWith(BatchWriter next) {
        writer = next;
    }

    /** While true an overflowed outbox takes what its connection says last. */
    void goodbye(boolean saying) {
        goodbye = saying;
    }

    /** What was appended so far is the last: it is still sent, further appends are dropped. */
    void seal() {
        assert eventLoop.inEventLoop();
        sealed = true;
        ForeignLane lane = foreign;
        if (lane != null) {
            lane.close(own);
            countOwn();
        }
    }

    /** The channel is gone: drops what is left. */
    void close() {
        assert eventLoop.inEventLoop();
        if (closed) {
            return;
        }
        seal();
        closed = true;
        own.releaseAll();
        OWN_PENDING.setOpaque(this, 0L);
        congested = false;
        eventLoop.execute(this::tellWritable);
    }

    /** How much may be pending. */
    record WriteLimits(int low, int high, long max) {}
}
