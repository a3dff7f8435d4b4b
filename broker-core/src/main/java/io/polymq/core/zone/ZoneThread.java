package io.polymq.core.zone;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * Turns one {@link ShardZone} for as long as it lives: without a pause while there is work, parked
 * until the next timer or task when there is none. Any thread may wake or stop it.
 */
public final class ZoneThread implements ShardZone.Wake, AutoCloseable {

    private static final long LONGEST_PARK = 60_000;
    private static final int TURNS_BEFORE_PARKING = 8;

    private final ShardZone zone;
    private final Thread thread;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean parked;
    private volatile boolean stopping;

    private ZoneThread(String name, Ticks ticks) {
        this.zone = new ShardZone(name, ticks, this);
        this.thread = Thread.ofPlatform().name(name).daemon(true).unstarted(this::loop);
        zone.belongsTo(thread);
    }

    public static ZoneThread start(String name, Ticks ticks) {
        ZoneThread started = new ZoneThread(name, ticks);
        started.thread.start();
        return started;
    }

    public ShardZone zone() {
        return zone;
    }

    @Override
    public void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** Runs what waits, then ends. */
    public CompletableFuture<Void> stop() {
        zone.close();
        stopping = true;
        LockSupport.unpark(thread);
        return ended;
    }

    @Override
    public void close() {
        stop();
    }

    private void loop() {
        int idle = 0;
        while (true) {
            if (zone.turn()) {
                idle = 0;
                continue;
            }
            if (stopping && zone.waiting() == 0) {
                break;
            }
            if (++idle < TURNS_BEFORE_PARKING) {
                Thread.onSpinWait();
                continue;
            }
            idle = 0;
            parked = true;
            long idleFor = zone.idleFor();
            if (idleFor > 0 && !stopping) {
                LockSupport.parkNanos(this, Math.min(idleFor, LONGEST_PARK) * 1_000_000L);
            }
            parked = false;
        }
        ended.complete(null);
    }
}
