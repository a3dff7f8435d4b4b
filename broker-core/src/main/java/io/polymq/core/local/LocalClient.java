package io.polymq.core.local;

import io.polymq.core.local.Interest.Start;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueSpec;
import io.polymq.core.queue.Queues;
import io.polymq.core.queue.RecordReader;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.Topics;
import io.polymq.storage.Shard;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client in the broker's own process. Any thread: publishes take their turn on a lock, since they
 * share a cache of routes.
 */
public final class LocalClient implements AutoCloseable {

    private static final String GROUP_PREFIX = "local:";

    /** The parts of a broker that it works on. */
    public record Params(Router router, Topics topics, Queues queues, MessageRecords records) {}

    private final Params params;
    private final String tenant;
    private final Router.Space space;
    private final RouteCache cache;
    private final ReentrantLock publishing = new ReentrantLock();
    private final String inbox = "_LOCAL." + UUID.randomUUID() + ".";
    private final AtomicLong requests = new AtomicLong();
    private final List<LocalSubscription> subscriptions = new ArrayList<>();

    public LocalClient(Params params, String tenant) {
        this.params = params;
        this.tenant = tenant;
        this.space = params.router().space(tenant);
        this.cache = params.router().newCache(1_024);
    }

    /** The future ends when every topic and queue that keeps the message has it safe. */
    public CompletableFuture<Published> publish(String subject, byte[] payload) {
        return publish(Outgoing.of(subject, payload));
    }

    public CompletableFuture<Published> publish(Outgoing outgoing) {
        return publish(outgoing, null);
    }

    private CompletableFuture<Published> publish(Outgoing outgoing, @Nullable Subject replyTo) {
        CompletableFuture<Published> result = new CompletableFuture<>();
        Places places = new Places(result);
        Receipt receipt = new Receipt(places);
        Message message = message(outgoing).replyTo(replyTo).receipt(receipt);
        publishing.lock();
        try {
            places.takers = space.publish(cache, message);
        } finally {
            publishing.unlock();
        }
        receipt.seal();
        return result;
    }

    /** Puts a message into an open queue, past the router. */
    public CompletableFuture<Void> send(String queue, Outgoing outgoing) {
        Queue to =
                params.queues()
                        .find(tenant, queue)
                        .orElseThrow(() -> new IllegalArgumentException("no queue " + queue));
        KeptMessage kept = message(outgoing).keep();
        return receipt(receipt -> to.publish(kept, receipt));
    }

    /** Fails with a {@link NoAnswerException} when nobody listens, or nobody answers in time. */
    public CompletableFuture<LocalMessage> request(
            String subject, byte[] payload, Duration within) {
        CompletableFuture<LocalMessage> answer = new CompletableFuture<>();
        Subject replyTo = Subject.ofDotted(inbox + requests.incrementAndGet());
        Router.Subscription subscription =
                space.subscribe(
                        Filter.exactly(replyTo),
                        null,
                        false,
                        message ->
                                answer.complete(
                                        new LocalMessage(this, message.keep(), null, -1, 1)));
        answer.orTimeout(within.toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((message, failure) -> subscription.close());
        publish(Outgoing.of(subject, payload), replyTo)
                .whenComplete(
                        (published, failure) -> {
                            if (failure != null) {
                                answer.completeExceptionally(failure);
                            } else if (published.takers() == 0) {
                                answer.completeExceptionally(
                                        new NoAnswerException("nobody listens to " + subject));
                            }
                        });
        return answer.exceptionallyCompose(
                failure ->
                        CompletableFuture.failedFuture(
                                failure instanceof java.util.concurrent.TimeoutException
                                        ? new NoAnswerException("no answer on " + subject)
                                        : failure));
    }

    /** Nobody listened, or nobody answered in time. */
    public static final class NoAnswerException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoAnswerException(String message) {
            super(message);
        }
    }

    /** Live messages of the subjects that match. */
    public LocalSubscription subscribe(String filter) {
        return subscribe(Interest.in(filter));
    }

    public LocalSubscription subscribe(Interest interest) {
        LocalSubscription subscription = new LocalSubscription(this, interest.buffer());
        switch (interest.source()) {
            case LIVE -> subscribeLive(interest, subscription);
            case TOPIC -> readTopic(interest, subscription);
            case QUEUE -> consumeQueue(interest, subscription);
        }
        synchronized (subscriptions) {
            subscriptions.add(subscription);
        }
        return subscription;
    }

    private void subscribeLive(Interest interest, LocalSubscription subscription) {
        String group = interest.group();
        Router.Group shared =
                group == null
                        ? null
                        : new Router.Group(GROUP_PREFIX + group, true, Router.Strategy.ROUND_ROBIN);
        subscription.holds(
                space.subscribe(filter(interest.filter()), shared, false, subscription.sink()));
    }

    private void consumeQueue(Interest interest, LocalSubscription subscription) {
        Queue queue =
                params.queues()
                        .find(tenant, interest.filter())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "no queue " + interest.filter()));
        subscription.holds(queue.consume(spec(interest), subscription.consumer()));
    }

    private void readTopic(Interest interest, LocalSubscription subscription) {
        Topic topic =
                params.topics()
                        .find(tenant, interest.filter())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "no topic " + interest.filter()));
        String group = GROUP_PREFIX + interest.durable();
        Subject implied = Subject.ofDotted(topic.name());
        boolean keyed = topic.spec().keyedBySubject();
        RecordReader reader =
                record -> {
                    ByteBuffer key = record.key();
                    Subject subject = keyed && key != null ? subject(key) : implied;
                    return params.records().read(record, subject, new Message()).keep();
                };
        for (int i = 0; i < topic.spec().partitions(); i++) {
            Shard shard = topic.partition(i);
            boolean known = shard.groups().contains(group);
            Queue queue = params.queues().over(shard, group, QueueSpec.DURABLE, reader);
            if (!known) {
                queue.seek(start(shard, interest.start())).join();
            }
            subscription.holds(queue.consume(spec(interest), subscription.consumer()));
        }
    }

    private static long start(Shard shard, Start start) {
        return switch (start) {
            case Start.First first -> shard.startOffset();
            case Start.Next next -> shard.endOffset();
            case Start.At at ->
                    shard.offsetForTime(at.time().toEpochMilli()).join().orElse(shard.endOffset());
        };
    }

    private static Queue.ConsumerSpec spec(Interest interest) {
        return new Queue.ConsumerSpec(interest.buffer(), 0, false, false, "local");
    }

    private static Subject subject(ByteBuffer key) {
        byte[] bytes = new byte[key.remaining()];
        key.get(key.position(), bytes);
        return Subject.ofDotted(bytes, 0, bytes.length);
    }

    private static Filter filter(String dotted) {
        try {
            return Dialect.NATS.parse(dotted);
        } catch (InvalidSubjectException bad) {
            throw new IllegalArgumentException("not a filter: " + dotted, bad);
        }
    }

    private static Message message(Outgoing outgoing) {
        byte[] payload = outgoing.payload();
        return new Message()
                .begin(Subject.ofDotted(outgoing.subject()), payload, 0, payload.length)
                .properties(outgoing.properties());
    }

    /** What an action with a receipt comes to. */
    CompletableFuture<Void> receipt(Consumer<Receipt> action) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(result);
        receipt.expect();
        action.accept(receipt);
        receipt.seal();
        return result;
    }

    static void closeQuietly(AutoCloseable one) {
        try {
            one.close();
        } catch (Exception failed) {
            throw new CompletionException(failed);
        }
    }

    /** Ends all of its subscriptions. */
    @Override
    public void close() {
        List<LocalSubscription> all;
        synchronized (subscriptions) {
            all = List.copyOf(subscriptions);
            subscriptions.clear();
        }
        all.forEach(LocalSubscription::close);
    }

    /** Collects where a message is kept, and ends the publish. */
    private static final class Places implements Receipt.Listener {

        private final CompletableFuture<Published> result;
        private final List<Published.Place> places = new ArrayList<>();
        private volatile int takers;

        Places(CompletableFuture<Published> result) {
            this.result = result;
        }

        @Override
        public synchronized void stored(String topic, int partition, long offset, long timestamp) {
            places.add(new Published.Place(topic, partition, offset));
        }

        @Override
        public synchronized void settled(@Nullable Throwable failure) {
            if (failure == null) {
                result.complete(new Published(takers, List.copyOf(places)));
            } else {
                result.completeExceptionally(failure);
            }
        }
    }
}
