package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.zone.ShardZone;
import io.polymq.storage.Durability;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The state of a loaded queue: levels, who consumes, what is in flight. Commands change state; what
 * follows from it (writing, delivering, dropping what is too much) happens once, when the zone's
 * turn ends. Settling is in {@link Settlement}, dead letters in {@link Graveyard}.
 *
 * <p>Shard zone.
 */
final class QueueCore implements ShardZone.AtTurnEnd {

    private static final int POOL = 4096;

    /** Opens the backing of a level. */
    interface Backings {
        Backing open(Level level);
    }

    private final ShardQueue queue;
    private final ShardZone zone;
    private final Backings backings;
    private final ArrayList<Entry> pool = new ArrayList<>();
    private final Graveyard graveyard = new Graveyard(this);
    private final Settlement settlement = new Settlement(this);
    private final Lifetimes lifetimes = new Lifetimes(this, graveyard);
    private final Delivery delivery = new Delivery(this);
    final Counters counters = new Counters();
    private QueueSpec spec;
    private Turns turns;

    /** Those that exist, the highest priority first; {@link #byPriority} is the same by number. */
    private Level[] levels = new Level[0];

    private final @Nullable Level[] byPriority;

    /** Consumers that get nothing more and still hold something. */
    private final Set<ShardConsumption> left = new HashSet<>();

    private final ArrayDeque<Leaving> leaving = new ArrayDeque<>();
    private final ArrayDeque<Draining> draining = new ArrayDeque<>();

    private int inFlight;
    private boolean asked;
    private boolean paused;
    private boolean closed;

    QueueCore(ShardQueue queue, ShardZone zone, QueueSpec spec, Backings backings) {
        this.queue = queue;
        this.zone = zone;
        this.spec = spec;
        this.backings = backings;
        this.turns = Turns.of(spec.dispatch());
        this.byPriority = new Level[Math.max(1, spec.priorities())];
    }

    ShardQueue queue() {
        return queue;
    }

    ShardZone zone() {
        return zone;
    }

    QueueSpec spec() {
        return spec;
    }

    Lifetimes lifetimes() {
        return lifetimes;
    }

    Delivery delivery() {
        return delivery;
    }

    Settlement settlement() {
        return settlement;
    }

    Turns turns() {
        return turns;
    }

    // Levels and entries.

    Level level(int priority) {
        Level known = byPriority[priority];
        if (known != null) {
            return known;
        }
        Level level = new Level(this, priority);
        byPriority[priority] = level;
        levels = Arrays.copyOf(levels, levels.length + 1);
        levels[levels.length - 1] = level;
        Arrays.sort(levels, (a, b) -> Integer.compare(b.priority, a.priority));
        level.backing(backings.open(level));
        return level;
    }

    private Level levelOf(KeptMessage message) {
        if (byPriority.length == 1) {
            return level(0);
        }
        return level(Math.clamp(message.priority(), 0, byPriority.length - 1));
    }

    private boolean hasPriorities() {
        return spec.priorities() > 0;
    }

    @Nullable Entry find(long id) {
        int priority = hasPriorities() ? (int) (id & 0xFF) : 0;
        if (id < 0 || priority >= byPriority.length) {
            return null;
        }
        Level level = byPriority[priority];
        return level == null ? null : level.find(hasPriorities() ? id >>> 8 : id);
    }

    long id(Level level, long offset) {
        return hasPriorities() ? offset << 8 | level.priority : offset;
    }

    QueuedMessage view(Entry entry) {
        return new QueuedMessage(
                id(entry.level(), entry.offset),
                entry.message(),
                entry.deliveries,
                entry.redelivered,
                entry.enqueuedAt);
    }

    Entry newEntry() {
        return pool.isEmpty() ? new Entry(this) : pool.removeLast();
    }

    void recycle(Entry entry) {
        zone.disarm(entry);
        entry.level = null;
        entry.message = null;
        entry.holder = null;
        entry.lineNext = null;
        entry.linePrevious = null;
        entry.expiresAt = Entry.NEVER;
        entry.stickySlot = -1;
        entry.state = Entry.State.FREE;
        if (pool.size() < POOL) {
            pool.add(entry);
        }
    }

    /** A message has come into a window. */
    void admitted(Entry entry) {
        lifetimes.begin(entry);
        ask();
    }

    // Commands.

    void publish(KeptMessage message, @Nullable Receipt receipt) {
        if (refuses(message)) {
            if (spec.limits().overflow() == QueueSpec.Overflow.REJECT_DEAD_LETTER) {
                graveyard.refused(new QueuedMessage(-1, message, 0, false, zone.now()));
            }
            if (receipt != null) {
                receipt.done(
                        new QueueException(QueueException.Kind.FULL, queue.name() + " is full"));
            }
            return;
        }
        counters.published++;
        levelOf(message).backing().publish(message, receipt);
        ask();
    }

    private boolean refuses(KeptMessage message) {
        QueueSpec.Limits limits = spec.limits();
        if (limits.overflow() == QueueSpec.Overflow.DROP_HEAD) {
            return false;
        }
        if (fits(limits, message)) {
            return false;
        }
        delivery.dispatch();
        return !fits(limits, message) && !(ready() == 0 && turns.isHungry() && !paused);
    }

    private boolean fits(QueueSpec.Limits limits, KeptMessage message) {
        return (limits.maxMessages() < 0 || ready() < limits.maxMessages())
                && (limits.maxBytes() < 0
                        || readyBytes() + message.payload().length <= limits.maxBytes());
    }

    void consume(ShardConsumption consumption) {
        List<ShardConsumption> others = turns.all();
        if (!others.isEmpty()
                && (consumption.spec().exclusive() || others.getFirst().spec().exclusive())) {
            consumption.tellRefused(
                    new QueueException(
                            QueueException.Kind.EXCLUSIVE,
                            queue.name() + " has a consumer already"));
            return;
        }
        consumption.begin(this);
        turns.add(consumption);
        ask();
    }

    void credit(ShardConsumption consumption, int more) {
        if (consumption.isClosed() || consumption.hasLeft() || more <= 0) {
            return;
        }
        boolean had = consumption.hasCredit();
        consumption.add(more);
        if (!had) {
            turns.creditChanged(consumption);
            ask();
        }
    }

    /** Takes back the credit, once all that is there has come. */
    void drain(ShardConsumption consumption, IntConsumer then) {
        catchUp();
        draining.add(new Draining(consumption, counters.published, then));
        answerDrains();
    }

    /**
     * @param published what it waits for: so many messages of the queue are written
     */
    private record Draining(ShardConsumption consumption, long published, IntConsumer then) {}

    private void answerDrains() {
        if (draining.isEmpty()) {
            return;
        }
        boolean fed = closed || delivery.dispatch();
        boolean complete = fed && !delivery.isReading();
        Draining next = draining.peek();
        while (next != null
                && (closed
                        || isDone(next.consumption())
                        || complete && counters.published - open() >= next.published())) {
            draining.remove();
            drained(next.consumption(), next.then());
            next = draining.peek();
        }
    }

    private static boolean isDone(ShardConsumption consumption) {
        return consumption.isClosed() || consumption.hasLeft() || !consumption.hasCredit();
    }

    private void drained(ShardConsumption consumption, IntConsumer then) {
        boolean had = consumption.hasCredit();
        int unused = consumption.takeCredit();
        if (had && !consumption.isClosed() && !consumption.hasLeft()) {
            turns.creditChanged(consumption);
        }
        then.accept(unused);
    }

    void close(ShardConsumption consumption) {
        if (consumption.isClosed()) {
            return;
        }
        if (!consumption.hasLeft()) {
            turns.remove(consumption);
        }
        consumption.markClosed();
        settlement.returnAll(consumption);
        left.remove(consumption);
        ask();
    }

    /**
     * Gets nothing more, and keeps what it holds: also what came before it left, for which it stays
     * until that is written.
     */
    void leave(ShardConsumption consumption, Runnable then) {
        if (consumption.isClosed() || consumption.hasLeft()) {
            then.run();
            return;
        }
        leaving.add(new Leaving(consumption, counters.published, then));
        letLeave();
    }

    /**
     * @param published what it waits for: so many messages of the queue are written
     */
    private record Leaving(ShardConsumption consumption, long published, Runnable then) {}

    private void letLeave() {
        Leaving next = leaving.peek();
        while (next != null && (closed || counters.published - open() >= next.published())) {
            leaving.remove();
            if (!closed) {
                delivery.dispatch();
                withdraw(next.consumption());
            }
            next.then().run();
            next = leaving.peek();
        }
    }

    private long open() {
        long open = 0;
        for (Level level : levels) {
            open += level.backing().open();
        }
        return open;
    }

    /**
     * It is gone, as it refuses a delivery: it ends behind what it has asked for already, so that
     * what it has acknowledged stays done.
     */
    void refused(ShardConsumption consumption) {
        withdraw(consumption);
        consumption.close();
    }

    private void withdraw(ShardConsumption consumption) {
        if (consumption.isClosed() || consumption.hasLeft()) {
            return;
        }
        turns.remove(consumption);
        consumption.markLeft();
        if (consumption.held() > 0) {
            left.add(consumption);
        }
        ask();
    }

    /** One that has left holds something (again). */
    void stays(ShardConsumption consumption) {
        left.add(consumption);
    }

    /** One that has left is nobody once it holds nothing. */
    void forgetIfDone(ShardConsumption consumption) {
        if (consumption.held() == 0) {
            left.remove(consumption);
        }
    }

    void pause(boolean on) {
        paused = on;
        ask();
    }

    /** What a queue is made of stays. */
    static void checkChange(QueueSpec now, QueueSpec changed) {
        if (changed.priorities() != now.priorities()
                || (changed.durability() == Durability.MEMORY)
                        != (now.durability() == Durability.MEMORY)) {
            throw new IllegalArgumentException("priorities and durability of a queue are for good");
        }
    }

    void alter(QueueSpec changed) {
        boolean otherTurns = changed.dispatch() != spec.dispatch();
        spec = changed;
        if (otherTurns) {
            List<ShardConsumption> all = List.copyOf(turns.all());
            Turns before = turns;
            all.forEach(before::remove);
            turns = Turns.of(changed.dispatch());
            forgetSlots();
            all.forEach(turns::add);
        }
        for (Level level : levels) {
            for (Entry entry = level.oldest(); entry != null; entry = entry.lineNext) {
                lifetimes.reconsider(entry);
            }
        }
        ask();
    }

    /** What is in flight counts for no slot of the new turns. */
    private void forgetSlots() {
        for (Level level : levels) {
            for (Entry entry = level.oldest(); entry != null; entry = entry.lineNext) {
                entry.stickySlot = -1;
            }
        }
    }

    /** Done are all from one offset up to another, even those in flight. */
    void discard(long from, long to) {
        if (!hasPriorities()) {
            discard(level(0), from, to);
            return;
        }
        if (to != from + 1) {
            throw new IllegalArgumentException("a queue with priorities has no single order");
        }
        int priority = (int) (from & 0xFF);
        if (priority < byPriority.length) {
            discard(level(priority), from >>> 8, (from >>> 8) + 1);
        }
    }

    private void discard(Level level, long from, long to) {
        level.backing().catchUp();
        Entry entry = level.oldest();
        while (entry != null && entry.offset < to) {
            Entry next = entry.lineNext;
            if (entry.offset >= from && entry.state != Entry.State.DYING) {
                settlement.takeBack(entry);
                done(entry);
            }
            entry = next;
        }
        level.backing().discard(from, to);
        ask();
    }

    long purge() {
        catchUp();
        long purged = 0;
        for (Level level : levels) {
            Entry entry = level.oldest();
            while (entry != null) {
                Entry next = entry.lineNext;
                if (entry.state == Entry.State.READY || entry.state == Entry.State.DELAYED) {
                    purged++;
                    done(entry);
                }
                entry = next;
            }
            purged += level.backing().purge();
        }
        ask();
        return purged;
    }

    void seek(long offset) {
        if (hasPriorities()) {
            throw new IllegalArgumentException("a queue with priorities has no single position");
        }
        Level level = level(0);
        level.backing().catchUp();
        clear();
        level.backing().seek(offset);
        ask();
    }

    void browse(long from, int max, Browse.Result to) {
        new Browse(levels, hasPriorities(), from, max, to).begin();
    }

    CompletableFuture<Void> recall(long since, Consumer<KeptMessage> each) {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (Level level : levels) {
            all = all.thenCompose(done -> level.backing().recall(since, each));
        }
        return all;
    }

    CompletableFuture<Boolean> holds(Origin message, long since) {
        CompletableFuture<Boolean> found = CompletableFuture.completedFuture(false);
        for (Level level : levels) {
            found = found.thenCombine(level.backing().holds(message, since), Boolean::logicalOr);
        }
        return found;
    }

    QueueStatistics statistics() {
        catchUp();
        return counters.with(ready(), inFlight, readyBytes(), turns.all().size());
    }

    /**
     * Who asks finds every record whose writer was answered before, whether or not the news of it
     * has come here.
     */
    void catchUp() {
        for (Level level : levels) {
            level.backing().catchUp();
        }
    }

    /** The end: nobody gets anything any more. */
    void shut(String reason) {
        closed = true;
        for (ShardConsumption consumption : List.copyOf(turns.all())) {
            turns.remove(consumption);
            consumption.tellCancelled(reason);
        }
        delivery.answerGetters();
        settlement.fail(queue.closedNow());
        letLeave();
        answerDrains();
        forget();
    }

    /** Whether it may be forgotten and loaded again without anyone noticing. */
    boolean isIdle() {
        if (!turns.all().isEmpty() || inFlight > 0 || asked || !delivery.isIdle() || paused) {
            return false;
        }
        for (Level level : levels) {
            if (!level.backing().isIdle()) {
                return false;
            }
        }
        return graveyard.isEmpty() && settlement.isIdle();
    }

    /** Lets go of the window; everything is in the backing. */
    void forget() {
        closed = true;
        for (Level level : levels) {
            level.backing().close();
        }
        clear();
        levels = new Level[0];
    }

    /** Whether nothing in a window waits for its time. */
    boolean mayForget() {
        if (!isIdle()) {
            return false;
        }
        for (Level level : levels) {
            for (Entry entry = level.oldest(); entry != null; entry = entry.lineNext) {
                if (entry.isArmed()) {
                    return false;
                }
            }
        }
        return true;
    }

    private void clear() {
        for (ShardConsumption consumption : turns.all()) {
            consumption.letGoOfAll();
        }
        left.forEach(ShardConsumption::letGoOfAll);
        left.clear();
        for (Level level : levels) {
            Entry entry = level.oldest();
            while (entry != null) {
                Entry next = entry.lineNext;
                turns.settled(entry);
                entry.heldNext = null;
                entry.heldPrevious = null;
                level.remove(entry);
                entry = next;
            }
        }
        inFlight = 0;
        lifetimes.forget();
        graveyard.forget();
    }

    // What follows.

    /** Sees to it that the end of this turn looks at the queue. */
    void ask() {
        if (!asked) {
            asked = true;
            zone.atTurnEnd(this);
        }
    }

    /** A backing has more in the window, or may deliver more, or has come to its end. */
    void filled() {
        letLeave();
        ask();
    }

    @Override
    public void turnEnds() {
        asked = false;
        if (closed) {
            return;
        }
        for (Level level : levels) {
            level.backing().flush();
        }
        delivery.dispatch();
        answerDrains();
        fillHeads();
        lifetimes.shed();
        lifetimes.expireNow();
        graveyard.work();
        delivery.flush();
        settlement.persist();
        queue.turned(this);
    }

    /** The oldest are always in the window, so that they expire even when nobody consumes. */
    private void fillHeads() {
        for (Level level : levels) {
            if (level.hasLostHead()) {
                level.backing().fill();
            }
        }
    }

    /** The dead letters have it. */
    void buried(Entry entry) {
        counters.deadLettered++;
        done(entry);
    }

    /** Acknowledged for good, out of the queue. */
    void done(Entry entry) {
        Level level = entry.level();
        level.backing().acknowledge(entry);
        level.remove(entry);
        if (level.hasLostHead()) {
            ask();
        }
    }

    void flying(int more) {
        inFlight += more;
    }

    int inFlight() {
        return inFlight;
    }

    boolean isStopped() {
        return paused || closed;
    }

    /** Whether something that can be read is not in the window. */
    boolean isFilling() {
        for (Level level : levels) {
            if (level.backing().canFill()) {
                return true;
            }
        }
        return false;
    }

    /** Whether something that was published is not in the window yet. */
    boolean isWriting() {
        return open() > 0;
    }

    /** Whether there is too much, what is still being written left out: it has no place yet. */
    boolean isOverfull() {
        QueueSpec.Limits limits = spec.limits();
        if (limits.maxMessages() < 0 && limits.maxBytes() < 0) {
            return false;
        }
        long open = 0;
        long openBytes = 0;
        for (Level level : levels) {
            open += level.backing().open();
            openBytes += level.backing().openBytes();
        }
        return limits.maxMessages() >= 0 && ready() - open > limits.maxMessages()
                || limits.maxBytes() >= 0 && readyBytes() - openBytes > limits.maxBytes();
    }

    long ready() {
        long ready = 0;
        for (Level level : levels) {
            ready += level.ready() + level.backing().beyond();
        }
        return ready;
    }

    long readyBytes() {
        long bytes = 0;
        for (Level level : levels) {
            bytes += level.readyBytes() + level.backing().bytesBeyond();
        }
        return bytes;
    }

    Level[] levels() {
        return levels;
    }
}
