package io.polymq.core.zone;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A single-threaded room for queues, cursors and timers. Others only put tasks into its mailbox;
 * they run in turns: all tasks that wait, then timers that are due, then whatever the tasks asked
 * to be done once at the turn's end, such as writing a batch or delivering.
 *
 * <p>Who turns it is not its business: a {@link ZoneThread} in production, a test by hand. Only
 * {@link #execute}, {@link #waiting} and {@link #whenBelow} are for any thread.
 */
public final class ShardZone implements Executor {

    private static final Logger log = LoggerFactory.getLogger(ShardZone.class);
    private static final int TASKS_PER_STEP = 1024;

    /** Something that is done once when the turn ends, however often it was asked for. */
    public interface AtTurnEnd {
        void turnEnds();
    }

    /** Hears that a task was put into a mailbox that was empty. */
    public interface Wake {
        void wake();
    }

    private final String name;
    private final Ticks ticks;
    private final Wake wake;
    private final Mailbox mailbox = new Mailbox();
    private final Mailbox.Batch batch = new Mailbox.Batch();
    private final TimerWheel wheel;
    private final ArrayDeque<AtTurnEnd> ending = new ArrayDeque<>();
    private final ArrayList<Relaxed> relaxed = new ArrayList<>();
    private int taken;
    private int done;
    private long now;
    private long elapsed;
    private volatile Thread thread;

    private record Relaxed(int below, Runnable action) {}

    public ShardZone(String name, Ticks ticks, Wake wake) {
        this.name = name;
        this.ticks = ticks;
        this.wake = wake;
        this.now = ticks.now();
        this.elapsed = ticks.elapsed();
        this.wheel = new TimerWheel(elapsed);
        this.thread = Thread.currentThread();
    }

    public String name() {
        return name;
    }

    /** Any thread; tasks of one thread keep their order. */
    @Override
    public void execute(Runnable task) {
        if (!offer(task)) {
            throw new RejectedExecutionException("the zone " + name + " has ended");
        }
    }

    /**
     * Any thread; for answers that nobody needs once the zone has ended.
     *
     * @return false when it has
     */
    public boolean offer(Runnable task) {
        int waiting = mailbox.put(task);
        if (waiting == 1) {
            wake.wake();
        }
        return waiting >= 0;
    }

    /** How many tasks wait, roughly. Any thread. */
    public int waiting() {
        return mailbox.waiting();
    }

    /** Runs the action in the zone once fewer than so many tasks wait. Any thread. */
    public void whenBelow(int tasks, Runnable action) {
        execute(() -> relaxed.add(new Relaxed(tasks, action)));
    }

    /** Asks for a call when the turn ends; the caller sees to it that it asks once. */
    public void atTurnEnd(AtTurnEnd action) {
        ending.add(action);
    }

    /** The time of day when the turn began, in milliseconds. */
    public long now() {
        return now;
    }

    /** The time of day, in milliseconds. Any thread. */
    public long clock() {
        return ticks.now();
    }

    /** The clock of the timers when the turn began, in milliseconds. */
    public long elapsed() {
        return elapsed;
    }

    /** Fires after so many milliseconds; anew when it is armed. */
    public void arm(WheelTimer timer, long delayMillis) {
        wheel.arm(timer, elapsed + Math.max(0, delayMillis));
    }

    public void disarm(WheelTimer timer) {
        wheel.disarm(timer);
    }

    public boolean isInZone() {
        return Thread.currentThread() == thread;
    }

    /** The thread that turns it from now on. */
    void belongsTo(Thread owner) {
        thread = owner;
    }

    /**
     * One turn: what waits now, due timers, ends.
     *
     * @return whether anything was done
     */
    public boolean turn() {
        assert isInZone();
        tell();
        if (done == taken) {
            taken = mailbox.take(batch);
            done = 0;
        }
        boolean busy = done < taken;
        int stop = Math.min(taken, done + TASKS_PER_STEP);
        while (done < stop) {
            Runnable task = batch.remove(done++);
            if (task != null) {
                run(task);
            }
        }
        busy |= fire();
        busy |= end();
        busy |= relax();
        return busy;
    }

    /**
     * How long nothing is due, in milliseconds; {@link Long#MAX_VALUE} when there are no timers.
     */
    public long idleFor() {
        if (done < taken || mailbox.waiting() > 0 || !ending.isEmpty()) {
            return 0;
        }
        long due = wheel.nextDue();
        return due == Long.MAX_VALUE ? due : Math.max(0, due - ticks.elapsed());
    }

    /** Refuses new tasks; the ones that wait are still run by {@link #turn}. */
    void close() {
        mailbox.close();
    }

    private void tell() {
        now = ticks.now();
        elapsed = ticks.elapsed();
    }

    private boolean fire() {
        if (wheel.nextDue() > elapsed) {
            wheel.advance(elapsed);
            return false;
        }
        try {
            wheel.advance(elapsed);
        } catch (RuntimeException e) {
            failed(e);
        }
        return true;
    }

    private boolean end() {
        int number = ending.size();
        for (int i = 0; i < number; i++) {
            AtTurnEnd action = ending.remove();
            try {
                action.turnEnds();
            } catch (RuntimeException e) {
                failed(e);
            }
        }
        return number > 0;
    }

    private boolean relax() {
        if (relaxed.isEmpty()) {
            return false;
        }
        int waiting = mailbox.waiting() + taken - done;
        List<Relaxed> run = relaxed.stream().filter(r -> waiting < r.below()).toList();
        relaxed.removeAll(run);
        run.forEach(r -> run(r.action()));
        return !run.isEmpty();
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void failed(RuntimeException e) {
        log.atError().addKeyValue("zone", name).setCause(e).log("A task of a shard zone failed");
    }
}
