package io.polymq.meta.etcd;

import io.grpc.ManagedChannel;
import io.polymq.meta.ClientPool;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The members, and which of them is talked to now: the same one until it fails, then the next.
 * Shared.
 */
final class Members {

    /** One choice; {@link #failed} moves on only if it is still the current one. */
    record Choice(int turn, ManagedChannel channel) {}

    private final ClientPool pool;
    private final List<String> endpoints;
    private final AtomicInteger turn = new AtomicInteger();

    Members(ClientPool pool, List<String> endpoints) {
        this.pool = pool;
        this.endpoints = endpoints;
    }

    Choice current() {
        int now = turn.get();
        return new Choice(now, pool.channel(endpoints.get(Math.floorMod(now, endpoints.size()))));
    }

    void failed(Choice choice) {
        turn.compareAndSet(choice.turn(), choice.turn() + 1);
    }
}
