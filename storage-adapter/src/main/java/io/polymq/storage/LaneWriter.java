package io.polymq.storage;

import io.polymq.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lane: the only thread that writes its files. It takes what has come in, puts it into one
 * block, writes that at once, forces once if anybody waits for that, has the requests ended (see
 * {@link LaneAnswers}), and begins again; under load the blocks grow by themselves.
 *
 * <p>Block numbers (LSN): {@code applied <= durable <= written}. The index is told of a block only
 * once that is durable. A request that waits for a force ends after {@code durable} reached its
 * block; one that does not ends after its block was written, though never before an earlier forced
 * request of the same shard.
 *
 * <p>After a failed write or force nothing is tried again on that file: what waits fails, and
 * {@link LaneRepair} carries what was written but not forced into a new segment.
 */
final class LaneWriter {

    private static final Logger log = LoggerFactory.getLogger(LaneWriter.class);
    private static final int ROUND_BYTES = 4 << 20;

    /**
     * Without a force to share there is nothing to gain by a larger round, and what fits into a
     * core's cache is copied, summed up and written there.
     */
    private static final int UNFORCED_ROUND_BYTES = 512 << 10;

    private static final long IDLE_MILLIS = 50;

    /** The part of a force's time that may be spent on letting others join the next one. */
    private static final int FORCE_SHARE = 4;

    final int id;
    final LaneFiles files;
    final SpaceGuard space;
    final InstantSource clock;
    final StorageMetrics metrics;
    private final LaneBlock block = new LaneBlock();
    private final long maxPending;
    private final Runnable onDurable;
    private final LaneForces forces;
    private final LaneAnswers answers;
    private final Queue<LaneRound> rounds = new ConcurrentLinkedQueue<>();
    private final TailCache cache;

    // Guarded by this.
    private final Deque<LaneRequest> incoming = new ArrayDeque<>();
    private long pending;
    private boolean closed;
    private boolean failed;
    private @Nullable StorageException broken;
    private @Nullable IOException backgroundFailure;

    // Of the writer's thread.
    private final List<LogShard> gathering = new ArrayList<>();
    private Segment segment;
    private long position;
    private long nextLsn;
    private long lastDataLsn;
    private long writtenDurable;
    private LaneRound round;
    private boolean anyUnforced;
    private long intentSequence;
    private final Map<Integer, Long> parts;

    private final Unapplied unapplied = new Unapplied();
    private @Nullable Thread thread;

    LaneWriter(
            int id,
            LaneFiles files,
            LanePosition from,
            @Nullable LaneRound unindexed,
            SpaceGuard space,
            InstantSource clock,
            StorageMetrics metrics,
            TailCache cache,
            long maxPending,
            Runnable onDurable) {
        this.id = id;
        this.files = files;
        this.space = space;
        this.clock = clock;
        this.metrics = metrics;
        this.cache = cache;
        this.maxPending = maxPending;
        this.onDurable = onDurable;
        segment = files.last();
        position = from.position();
        nextLsn = from.nextLsn();
        intentSequence = from.intentSequence();
        parts = new TreeMap<>(from.parts());
        forces = new LaneForces(files, nextLsn - 1, metrics, onDurable, this::wake);
        writtenDurable = nextLsn - 1;
        round = new LaneRound(segment);
        if (unindexed != null) {
            rounds.add(unindexed);
            unapplied.wrote(unindexed);
        }
        answers = new LaneAnswers(id);
    }

    void start() {
        thread = Thread.ofPlatform().name("polymq-lane-" + id).daemon().start(this::run);
    }

    // From any thread.

    Executor completions() {
        return answers;
    }

    long durableLsn() {
        return forces.durable();
    }

    void submit(LaneRequest request) {
        StorageException refusal;
        synchronized (this) {
            if (closed) {
                refusal = new StorageException(StorageException.Kind.CLOSED, "storage is closed");
            } else if (broken != null) {
                refusal = broken;
            } else if (failed && !request.survives()) {
                refusal = unavailable(null);
            } else if (request.publishes() && (pending > maxPending || unapplied.isFull())) {
                refusal =
                        new StorageException(
                                StorageException.Kind.OVERLOADED,
                                pending
                                        + " bytes wait to be written, "
                                        + unapplied.bytes()
                                        + " to be indexed");
            } else {
                pending += request.bytes();
                incoming.add(request);
                if (incoming.size() == 1) {
                    notifyAll();
                }
                return;
            }
        }
        answers.end(request, refusal);
    }

    /** Everything is refused from now on. */
    synchronized void refuse(StorageException why) {
        broken = why;
    }

    private StorageException unavailable(@Nullable Throwable cause) {
        return new StorageException(
                StorageException.Kind.UNAVAILABLE,
                "lane " + id + " recovers from a failure",
                cause);
    }

    /** The next block that the index should take in; null when there is none that is durable. */
    @Nullable LaneRound nextDurable() {
        LaneRound next = rounds.peek();
        return next != null && next.lsn <= forces.durable() && next.ended ? rounds.poll() : null;
    }

    /** On the applier: the index has the block. */
    void applied(LaneRound done) {
        boolean crowded = unapplied.isCrowded();
        unapplied.applied(done);
        if (crowded && !unapplied.isCrowded()) {
            wake(null);
        }
        tellApplied(done);
    }

    /** Whether the writer takes nothing in until the index has come closer. */
    boolean waitsForIndex() {
        return unapplied.isCrowded();
    }

    private void tellApplied(LaneRound done) {
        if (!done.afterApply.isEmpty()) {
            answers.execute(() -> done.afterApply.forEach(Runnable::run));
        }
    }

    /** Forces what nobody waited for, beside the writer. Called now and then. */
    void forceWritten() {
        forces.forceWritten();
    }

    private synchronized void wake(@Nullable IOException failure) {
        backgroundFailure = failure == null ? backgroundFailure : failure;
        notifyAll();
    }

    /** Ends after everything that was submitted; then the files are closed. */
    void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        Thread running = thread;
        if (running != null) {
            Shutdowns.join(running);
        }
        answers.close();
    }

    // On the writer's thread.

    private void run() {
        List<LaneRequest> batch = new ArrayList<>();
        while (take(batch)) {
            IOException failure = takeBackgroundFailure();
            if (failure != null) {
                stopAndRepair(batch, failure);
            } else {
                commit(batch);
            }
            batch.clear();
            letIndexFollow();
        }
        finish();
    }

    /** What the index has not taken in takes heap: it is waited for when that gets too much. */
    private synchronized void letIndexFollow() {
        while (unapplied.isCrowded() && backgroundFailure == null && broken == null && !closed) {
            forces.beside();
            try {
                wait(IDLE_MILLIS);
            } catch (InterruptedException e) {
                closed = true;
            }
        }
    }

    private synchronized @Nullable IOException takeBackgroundFailure() {
        IOException failure = backgroundFailure;
        backgroundFailure = null;
        return failure;
    }

    /** Waits for requests; false when the lane is closed and none is left. An idle lane wakes. */
    private synchronized boolean take(List<LaneRequest> batch) {
        while (incoming.isEmpty() && backgroundFailure == null) {
            if (closed) {
                return false;
            }
            try {
                if (writtenDurable < lastDataLsn && forces.durable() >= lastDataLsn) {
                    wait(IDLE_MILLIS);
                    if (incoming.isEmpty()) {
                        return true;
                    }
                } else {
                    wait();
                }
            } catch (InterruptedException e) {
                closed = true;
            }
        }
        int bytes = 0;
        int room = UNFORCED_ROUND_BYTES;
        while (!incoming.isEmpty() && bytes < room) {
            LaneRequest next = incoming.poll();
            room = next.durability() == Durability.SYNC ? ROUND_BYTES : room;
            bytes += next.bytes();
            pending -= next.bytes();
            batch.add(next);
        }
        return true;
    }

    /**
     * Writes one block with all that the requests ask for. Without requests it writes an empty
     * block, which tells a later recovery that everything before it was forced.
     */
    private void commit(List<LaneRequest> batch) {
        try {
            if (position >= files.segmentBytes()) {
                roll();
            }
        } catch (IOException e) {
            stopAndRepair(batch, e);
            return;
        }
        round = new LaneRound(segment, batch.size());
        anyUnforced = false;
        block.begin(position);
        boolean force = prepare(batch);
        if (block.isEmpty() && !batch.isEmpty()) {
            answers.endAll(round.requests);
            tellApplied(round);
            return;
        }
        long durable = forces.durable();
        ByteBuffer bytes = block.finish(nextLsn, durable, clock.millis(), segment.id());
        int length = bytes.remaining();
        try {
            segment.file().write(bytes, position);
        } catch (IOException e) {
            round.requests.reversed().forEach(LaneRequest::rollback);
            writeFailed(List.copyOf(round.requests), e);
            return;
        }
        writtenDurable = durable;
        written(length);
        if (force) {
            List<LaneRequest> waiting = endUnforced();
            long begin = System.nanoTime();
            try {
                forces.forceIfBehind(segment);
            } catch (IOException e) {
                stopAndRepair(waiting, e);
                return;
            }
            long end = System.nanoTime();
            boolean told = isIdle() && answers.endHere(waiting);
            if (!told) {
                answers.endAllWatched(waiting);
            }
            forces.allDurable();
            unapplied.ended(round.forgetAppends());
            ended();
            if (!told) {
                answers.await(end + (end - begin) / FORCE_SHARE);
            }
        } else {
            if (!isIdle() || !answers.endHere(round.requests)) {
                answers.endAll(round.requests);
            }
            ended();
            forces.besideIfMuch();
        }
    }

    private synchronized boolean isIdle() {
        return incoming.isEmpty();
    }

    /** The index may take the round in, as soon as it is durable. */
    private void ended() {
        round.ended = true;
        onDurable.run();
    }

    private void written(int length) {
        round.lsn = nextLsn;
        round.position = position;
        position += length;
        round.end = position;
        segment.end = position;
        if (!round.events.isEmpty()) {
            lastDataLsn = nextLsn;
        }
        unapplied.wrote(round);
        rounds.add(round);
        forces.wrote(nextLsn, length);
        nextLsn++;
        space.spend(length);
    }

    /**
     * Prepares what can be; refuses the rest. Appends are gathered by shard, so that those of one
     * shard stand together; anything else comes behind all appends that came before it.
     *
     * @return whether the block has to be forced
     */
    private boolean prepare(List<LaneRequest> batch) {
        boolean force = false;
        for (LaneRequest request : batch) {
            if (!(request instanceof LaneRequests.Append)) {
                force |= putGathered();
            }
            LaneBlock.Mark mark = block.mark();
            int events = round.events.size();
            try {
                if (request.publishes() && space.isFull()) {
                    throw new StorageException(Kind.FULL, "the device is nearly full");
                }
                request.prepare(this, block);
                if (!(request instanceof LaneRequests.Append)) {
                    force |= prepared(request);
                }
            } catch (StorageException e) {
                block.reset(mark);
                round.events.subList(events, round.events.size()).clear();
                answers.end(request, e);
            }
        }
        return force | putGathered();
    }

    private boolean prepared(LaneRequest request) {
        round.requests.add(request);
        Runnable after = request.afterApply();
        if (after != null) {
            round.afterApply.add(after);
        }
        if (request.durability() != Durability.SYNC) {
            anyUnforced = true;
            return false;
        }
        request.forcedWith(nextLsn);
        return true;
    }

    private boolean putGathered() {
        boolean force = false;
        long bytes = 0;
        int appends = 0;
        for (LogShard shard : gathering) {
            bytes += shard.putGathered(this, block);
            appends += shard.gathered().size();
            for (LaneRequests.Append append : shard.gathered()) {
                force |= prepared(append);
            }
            shard.forgetGathered();
        }
        gathering.clear();
        if (appends > 0) {
            metrics.appended(bytes, appends);
        }
        return force;
    }

    /** Ends those that need no force and stand behind none; the others. */
    private List<LaneRequest> endUnforced() {
        if (!anyUnforced) {
            return round.requests;
        }
        List<LaneRequest> done = new ArrayList<>();
        List<LaneRequest> waiting = round.waiting(done);
        answers.endAll(done);
        return waiting;
    }

    private void roll() throws IOException {
        synchronized (forces) {
            forces.force(segment);
            forces.allDurable();
            segment.lastLsn = forces.written();
            begin(files.next(nextLsn, clock.millis()));
        }
    }

    /** Goes on in a new, empty segment, which begins with the list of those before it. */
    private void begin(Segment next) throws IOException {
        block.begin(LaneFormat.SEGMENT_HEADER);
        SegmentList list = files.listFor(next, intentSequence, parts);
        block.entry(LaneFormat.SEGMENTS, 0, list.encode());
        long durable = forces.durable();
        ByteBuffer bytes = block.finish(nextLsn, durable, clock.millis(), next.id());
        int length = bytes.remaining();
        next.file().write(bytes, LaneFormat.SEGMENT_HEADER);
        next.file().force();
        files.forceFolder();
        files.add(next);
        segment = next;
        position = LaneFormat.SEGMENT_HEADER;
        round = new LaneRound(next);
        round.events.add(new IndexEvent.Listed(list));
        written(length);
        forces.allDurable();
        ended();
    }

    // What requests use while they are prepared.

    /** The shard's first append in this round. */
    void gathers(LogShard shard) {
        gathering.add(shard);
    }

    void event(IndexEvent event) {
        round.events.add(event);
    }

    Segment segment() {
        return segment;
    }

    long nextIntent() {
        return intentSequence + 1;
    }

    void intentTaken(long sequence) {
        intentSequence = sequence;
    }

    /** The last of the coordinator's intents whose part is here. */
    long lastPart(int coordinator) {
        return parts.getOrDefault(coordinator, 0L);
    }

    void partTaken(int coordinator, long sequence) {
        parts.put(coordinator, sequence);
    }

    /** Keeps an extent of the block in memory; a large one is read from the file. */
    void remember(BatchRef ref, LogShard shard) {
        cache.put(block, ref, shard);
    }

    // Failures.

    private void writeFailed(List<LaneRequest> requests, IOException cause) {
        space.refresh();
        if (space.isFull() && requests.stream().noneMatch(LaneRequest::survives)) {
            try {
                segment.file().truncate(position);
                log.atWarn()
                        .addKeyValue("lane", id)
                        .addKeyValue("reason", cause.getMessage())
                        .log("The device is full; publishes are refused until there is room");
                StorageException full =
                        new StorageException(
                                StorageException.Kind.FULL, "the device is full", cause);
                requests.forEach(request -> answers.end(request, full));
                return;
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
        stopAndRepair(requests, cause);
    }

    /** Fails what waits, then repairs until that succeeds or the lane is closed. */
    private void stopAndRepair(List<LaneRequest> unended, IOException cause) {
        metrics.failed();
        log.atError()
                .addKeyValue("lane", id)
                .addKeyValue("reason", cause.toString())
                .log("A lane failed; it stops and recovers");
        List<LaneRequest> again = new ArrayList<>();
        List<LaneRequest> failing = new ArrayList<>(unended);
        synchronized (this) {
            failed = true;
            failing.addAll(incoming);
            incoming.clear();
            pending = 0;
        }
        for (LaneRequest request : failing) {
            if (request.survives()) {
                again.add(request);
            } else {
                answers.end(request, unavailable(cause));
            }
        }
        repair();
        boolean ending;
        synchronized (this) {
            ending = closed;
            if (!ending) {
                failed = false;
                for (LaneRequest request : again.reversed()) {
                    pending += request.bytes();
                    incoming.addFirst(request);
                }
            } else {
                again.addAll(incoming);
                incoming.clear();
            }
        }
        if (ending) {
            again.forEach(
                    request ->
                            answers.end(
                                    request,
                                    new StorageException(Kind.CLOSED, "storage is closed")));
        }
    }

    private void repair() {
        long pause = 50;
        while (true) {
            try {
                synchronized (forces) {
                    long durable = forces.durable();
                    LaneRepair repair =
                            LaneRepair.read(segment, List.copyOf(rounds), durable, position);
                    segment.lastLsn = durable;
                    begin(files.next(durable + 1, clock.millis()), repair);
                    takeBackgroundFailure(); // it was of the segment that is left behind
                }
                log.atInfo()
                        .addKeyValue("lane", id)
                        .addKeyValue("segment", segment.id())
                        .log("The lane has recovered");
                return;
            } catch (IOException e) {
                log.atWarn()
                        .addKeyValue("lane", id)
                        .addKeyValue("reason", e.toString())
                        .log("The lane could not recover yet");
            }
            synchronized (this) {
                if (closed) {
                    return;
                }
                try {
                    wait(pause);
                } catch (InterruptedException e) {
                    closed = true;
                }
            }
            pause = Math.min(2_000, pause * 2);
        }
    }

    /** Goes on in a new segment with copies of the blocks that were written but not forced. */
    private void begin(Segment next, LaneRepair repair) throws IOException {
        long durable = forces.durable();
        long lsn = durable + 1;
        SegmentList list = files.listFor(next, intentSequence, repair.partsBefore(parts));
        block.begin(LaneFormat.SEGMENT_HEADER);
        block.entry(LaneFormat.SEGMENTS, 0, list.encode());
        ByteBuffer bytes = block.finish(lsn, durable, clock.millis(), next.id());
        long at = LaneFormat.SEGMENT_HEADER + bytes.remaining();
        next.file().write(bytes, LaneFormat.SEGMENT_HEADER);
        next.file().force(); // recovery takes blocks behind a torn first one for lost data
        long end = repair.copyTo(next, at, lsn + 1);
        next.file().force();
        files.forceFolder();
        files.add(next);
        LaneRound first = LaneRound.first(next, list, lsn, at);
        List<LaneRound> kept = repair.relocated(next);
        rounds.removeIf(old -> old.lsn > durable);
        unapplied.wrote(first);
        rounds.add(first);
        rounds.addAll(kept);
        segment.end = repair.begin();
        segment = next;
        position = end;
        next.end = end;
        nextLsn = lsn + 1 + kept.size();
        forces.wrote(nextLsn - 1, 0);
        lastDataLsn = nextLsn - 1;
        writtenDurable = durable;
        kept.forEach(survivor -> answers.execute(survivor::survived)); // before the index has them
        forces.allDurable();
    }

    /** The last act: everything forced, and a block that says so. */
    private void finish() {
        if (forces.isBehind()) {
            try {
                forces.force(segment);
                forces.allDurable();
            } catch (IOException e) {
                stopAndRepair(List.of(), e);
            }
        }
        try {
            if (forces.isBehind()) {
                throw new IOException("what was written last is not safe");
            }
            if (writtenDurable < forces.written()) {
                round = new LaneRound(segment);
                block.begin(position);
                long durable = forces.durable();
                ByteBuffer bytes = block.finish(nextLsn, durable, clock.millis(), segment.id());
                int length = bytes.remaining();
                segment.file().write(bytes, position);
                written(length);
                forces.force(segment);
                forces.allDurable();
                ended();
            }
        } catch (IOException e) {
            log.atError()
                    .addKeyValue("lane", id)
                    .addKeyValue("reason", e.toString())
                    .log("A lane could not be forced while it was closed");
        }
    }
}
