package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.DelayedMessages;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Delayed messages on a timer, in memory. */
final class LaterMessages implements DelayedMessages, AutoCloseable {

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Map<String, Due> kinds = new HashMap<>();

    @Override
    public synchronized void handle(String kind, Due due) {
        kinds.put(kind, due);
    }

    @Override
    public CompletableFuture<Ticket> schedule(
            String kind, String tenant, KeptMessage message, long at) {
        timer.schedule(
                () -> due(kind, tenant, message, at),
                at - System.currentTimeMillis(),
                TimeUnit.MILLISECONDS);
        return CompletableFuture.completedFuture(new Ticket(1));
    }

    private synchronized void due(String kind, String tenant, KeptMessage message, long at) {
        Receipt receipt = new Receipt(failure -> {});
        kinds.get(kind).due(tenant, message, at, receipt);
        receipt.seal();
    }

    @Override
    public CompletableFuture<Boolean> cancel(Ticket ticket) {
        return CompletableFuture.completedFuture(false);
    }

    @Override
    public CompletableFuture<Void> recall(long since, Consumer<KeptMessage> each) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Boolean> holds(Origin message, long since) {
        return CompletableFuture.completedFuture(false);
    }

    @Override
    public long pending() {
        return 0;
    }

    @Override
    public CompletableFuture<List<Coming>> coming(int most) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
