package io.polymq.core.queue;

import io.polymq.core.topic.Committed;
import io.polymq.storage.Shard;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * All queues. An idle one costs a name in memory and a few bytes in the store. Any thread.
 *
 * <p>The engine keeps messages and positions; what a queue is called and how it behaves is kept by
 * the protocol that owns it (in metadata), which opens it again after a restart.
 */
public interface Queues {

    /** Creates; fails with {@link QueueException.Kind#EXISTS} when the name is taken. */
    CompletableFuture<Queue> create(String tenant, String name, QueueSpec spec);

    /**
     * The queue of that name with everything that it held, or a new one. An open queue is altered.
     */
    CompletableFuture<Queue> open(String tenant, String name, QueueSpec spec);

    /** An open queue. */
    Optional<Queue> find(String tenant, String name);

    Collection<String> names(String tenant);

    /** Deletes it with its messages; its consumers are cancelled. Nothing happens when missing. */
    CompletableFuture<Void> delete(String tenant, String name);

    /** Bytes that its durable queues store. May read the store's index. */
    default long storedBytes(String tenant) {
        return 0;
    }

    /** What its queues are done with is deleted now, not later. */
    default void tidy(String tenant) {}

    /**
     * A queue over a shard that others write: a share group on a partition, a group of a mailbox.
     * What it hands over is for those who read through it to tell the tracer of. Its
     * acknowledgements are the group's cursor; messages are never removed from the shard by it. The
     * same one for the same shard and group until it is closed.
     *
     * @param committed what of the shard is to be seen
     */
    Queue over(Shard shard, String group, QueueSpec spec, RecordReader reader, Committed committed);

    /** The same, which sees everything. */
    default Queue over(Shard shard, String group, QueueSpec spec, RecordReader reader) {
        return over(shard, group, spec, reader, new Committed.Everything(shard));
    }

    /** Lets go of a queue over a foreign shard; its cursor stays. Consumers are cancelled. */
    CompletableFuture<Void> close(Queue over);
}
