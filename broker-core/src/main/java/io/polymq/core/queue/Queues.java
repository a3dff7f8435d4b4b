package io.polymq.core.queue;

import io.polymq.storage.Shard;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** All queues. An idle one costs a name in memory and a few bytes in the store. Any thread. */
public interface Queues {

    /**
     * Creates durably unless the specification is transient; fails when the name is taken in its
     * tenant.
     */
    CompletableFuture<Queue> create(String tenant, String name, QueueSpec spec);

    Optional<Queue> find(String tenant, String name);

    Collection<String> names(String tenant);

    CompletableFuture<Void> delete(String tenant, String name);

    /**
     * A queue over a shard that others write: a JetStream consumer on a stream, a share group on a
     * partition. Its acknowledgements are the group's cursor; messages are never removed from the
     * shard by it.
     */
    Queue over(Shard shard, String group, QueueSpec spec, RecordReader reader);
}
