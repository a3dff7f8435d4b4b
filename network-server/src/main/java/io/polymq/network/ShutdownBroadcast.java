package io.polymq.network;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broadcast: runs the phases one after the other, the parts of a phase side by side. A part
 * that fails or does not end in time is named in the log and passed over; what remains of the time
 * goes to the later phases, a quarter of it at least to the last. Shared zone.
 */
public final class ShutdownBroadcast implements Shutdown {

    private static final Logger LOG = LoggerFactory.getLogger(ShutdownBroadcast.class);

    private record Part(String name, Drain drain) {}

    private final long withinNanos;
    private final LongSupplier nanoClock;
    private final Map<Phase, List<Part>> parts = new EnumMap<>(Phase.class);
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private boolean begun;

    public ShutdownBroadcast(Duration within, LongSupplier nanoClock) {
        this.withinNanos = within.toNanos();
        this.nanoClock = nanoClock;
        for (Phase phase : Phase.values()) {
            parts.put(phase, new ArrayList<>());
        }
    }

    @Override
    public synchronized void subscribe(Phase phase, String name, Drain drain) {
        if (begun) {
            throw new IllegalStateException(name + " came after the shutdown had begun");
        }
        parts.computeIfAbsent(phase, same -> new ArrayList<>()).add(new Part(name, drain));
    }

    @Override
    public synchronized boolean hasBegun() {
        return begun;
    }

    @Override
    public CompletionStage<Void> begin(String why) {
        synchronized (this) {
            if (begun) {
                return done.minimalCompletionStage();
            }
            begun = true;
        }
        LOG.atInfo().addKeyValue("why", why).log("shutting down");
        long end = nanoClock.getAsLong() + withinNanos;
        CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
        for (Phase phase : Phase.values()) {
            last = last.thenCompose(before -> drain(phase, end));
        }
        last.whenComplete((nothing, failure) -> done.complete(null));
        return done.minimalCompletionStage();
    }

    private CompletableFuture<Void> drain(Phase phase, long end) {
        long left = Math.max(end - nanoClock.getAsLong(), withinNanos / 4);
        long share = phase == Phase.STORAGE ? left : Math.max(1, left * 3 / 4);
        List<Part> phaseParts;
        synchronized (this) {
            phaseParts = List.copyOf(parts.getOrDefault(phase, List.of()));
        }
        return CompletableFuture.allOf(
                phaseParts.stream()
                        .map(part -> drain(phase, part, Duration.ofNanos(share)))
                        .toArray(CompletableFuture[]::new));
    }

    private static CompletableFuture<Void> drain(Phase phase, Part part, Duration within) {
        CompletableFuture<Void> drained;
        try {
            drained = part.drain().drain(within).toCompletableFuture().copy();
        } catch (RuntimeException e) {
            drained = CompletableFuture.failedFuture(e);
        }
        return drained.orTimeout(within.toNanos(), TimeUnit.NANOSECONDS)
                .exceptionally(
                        failure -> {
                            LOG.atWarn()
                                    .addKeyValue("phase", phase)
                                    .addKeyValue("part", part.name())
                                    .addKeyValue("failure", failure.toString())
                                    .log("did not drain");
                            return null;
                        });
    }
}
