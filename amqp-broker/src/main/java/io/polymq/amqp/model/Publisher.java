package io.polymq.amqp.model;

import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Publishes through exchanges. One for each thread that does: a loop, a zone. What it is given is
 * borrowed for the call.
 */
public final class Publisher {

    private static final Predicate<AmqpQueue> EVERY = queue -> true;

    /**
     * What is known of a publish that a crash may have interrupted.
     *
     * @param since when it began, in milliseconds since 1970
     * @param queues whether a queue does not have the message
     * @param putOff whether it waits for its time already, or has
     */
    record Repeating(long since, Predicate<AmqpQueue> queues, BooleanSupplier putOff) {}

    private final ModelParams params;
    private final Walk walk;
    private @Nullable RouteCache subjects;
    private @Nullable Queue congested;
    private @Nullable Repeating repeating;

    Publisher(ModelParams params) {
        this.params = params;
        this.walk = new Walk(params);
    }

    /**
     * Publishes a message whose header is an {@link Envelope} (or another protocol's). Whoever must
     * keep it safe is expected by the message's receipt, which the caller seals.
     *
     * @param more further routing keys (CC and BCC)
     * @return whether anyone gets it, now or after a delay
     */
    public boolean publish(Exchange exchange, String key, List<String> more, Message message) {
        return publish(exchange, key, more, message, EVERY);
    }

    /**
     * @param allowed the queues that may get it
     */
    boolean publish(
            Exchange exchange,
            String key,
            List<String> more,
            Message message,
            Predicate<AmqpQueue> allowed) {
        if (!more.isEmpty()) {
            List<String> keys = new ArrayList<>(more.size() + 1);
            keys.add(key);
            keys.addAll(more);
            return walked(exchange, keys, message, allowed);
        }
        if (exchange.name().isEmpty()) {
            AmqpQueue queue = exchange.host().queues().find(key);
            if (queue != null) {
                return put(queue, message, allowed);
            }
            return exchange.host().replies().offer(key, message);
        }
        Route known = exchange.known(key);
        if (known == null) {
            return walked(exchange, List.of(key), message, allowed);
        }
        return give(known.queues(), known.subjects(), exchange, message, List.of(), allowed);
    }

    /**
     * Publishes a message, whose header is an {@link Envelope}, when its time has come. Whoever
     * must keep it until then is expected by its receipt.
     *
     * @param at milliseconds since 1970
     */
    public void publishAt(Exchange exchange, Message message, long at) {
        Envelope envelope = Envelope.of(message);
        if (envelope == null) {
            throw new IllegalArgumentException("a message without an envelope");
        }
        Map<String, @Nullable Object> annotations = new LinkedHashMap<>(envelope.allAnnotations());
        Walk.later(params, exchange, message, envelope, annotations, at);
    }

    /**
     * Publishes again what a crash may have interrupted: who has the message does not get it. Waits
     * for topics that are asked whether they have it.
     *
     * @param at when it is to be delivered, -1 for at once
     */
    void repeat(
            Exchange exchange,
            String key,
            List<String> more,
            Message message,
            long at,
            Repeating before) {
        repeating = before;
        walk.putOff(before.putOff());
        if (at < 0) {
            publish(exchange, key, more, message, before.queues());
        } else if (!before.putOff().getAsBoolean()) {
            publishAt(exchange, message, at);
        }
    }

    /** Publishes what has waited in a delayed exchange. */
    boolean resume(Exchange exchange, String key, Message message) {
        walk.resume(exchange, List.of(key), message);
        return give(
                List.copyOf(walk.queues()), walk.toSubjects(), exchange, message, List.of(), EVERY);
    }

    private boolean walked(
            Exchange exchange, List<String> keys, Message message, Predicate<AmqpQueue> allowed) {
        int generation = exchange.host().generation();
        walk.begin(exchange, keys, message);
        List<AmqpQueue> queues = List.copyOf(walk.queues());
        boolean delayed = walk.isDelayed();
        boolean toSubjects = walk.toSubjects();
        if (walk.isCacheable() && keys.size() == 1 && !exchange.name().isEmpty()) {
            exchange.remember(keys.getFirst(), new Route(generation, queues, toSubjects));
        }
        List<String> more = keys.subList(1, keys.size());
        return give(queues, toSubjects, exchange, message, more, allowed) || delayed;
    }

    private boolean give(
            List<AmqpQueue> queues,
            boolean toSubjects,
            Exchange exchange,
            Message message,
            List<String> more,
            Predicate<AmqpQueue> allowed) {
        boolean taken = false;
        if (!toSubjects) {
            for (int i = 0; i < queues.size(); i++) {
                taken |= put(queues.get(i), message, allowed);
            }
            return taken;
        }
        if (isRefused(exchange, message)) {
            return true; // it was routed, and answered with a nack where the publisher wants to
            // know
        }
        Routed routed = Routed.of(message);
        if (repeating != null) {
            leaveOut(exchange.host(), repeating, routed);
        }
        for (AmqpQueue queue : queues) {
            if (routed.add(queue)) {
                taken |= put(queue, message, allowed);
            }
        }
        taken |= toSubjects(exchange, message);
        for (String key : more) {
            taken |= toSubjects(exchange, respelt(message, key, routed));
        }
        return taken || alternative(exchange, message);
    }

    /** Queues that have it get it by no subject either. */
    private static void leaveOut(VirtualHost host, Repeating before, Routed routed) {
        for (AmqpQueue queue : host.queues().all()) {
            if (!before.queues().test(queue)) {
                routed.add(queue);
            }
        }
    }

    private boolean isRefused(Exchange exchange, Message message) {
        String why = params.router().space(exchange.host().tenant()).refusal(message);
        if (why == null) {
            return false;
        }
        Receipt receipt = message.receipt();
        if (receipt != null) {
            receipt.expect();
            receipt.done(ModelException.precondition(why));
        }
        return true;
    }

    private boolean toSubjects(Exchange exchange, Message message) {
        RouteCache cache = subjects;
        if (cache == null) {
            cache = params.router().newCache();
            subjects = cache;
        }
        Router.Space space = params.router().space(exchange.host().tenant());
        Origin origin = message.origin();
        if (repeating != null && origin != null) {
            message.origin(
                    origin.withKeptBy(
                            space.keepers(cache, message.keep(), repeating.since()).join()));
        }
        return space.publish(cache, message) > 0;
    }

    /** The same message under another subject, knowing who has it already. */
    private static Message respelt(Message message, String key, Routed before) {
        Message other =
                new Message()
                        .begin(
                                Subject.ofDotted(key),
                                message.payload(),
                                message.payloadOffset(),
                                message.payloadLength())
                        .publisher(message.publisher())
                        .receipt(message.receipt());
        Origin origin = message.origin();
        if (origin != null) {
            long number = origin.number() ^ (long) key.hashCode() << 32;
            other.origin(new Origin(origin.publisher(), number));
        }
        if (message.headerCodec() != null) {
            other.header(
                    message.headerCodec(),
                    message.header(),
                    message.headerOffset(),
                    message.headerLength(),
                    message.flags());
        }
        Routed.of(other).addAll(before);
        return other;
    }

    /** Nobody subscribes to the subject: perhaps a policy knows another exchange. */
    private boolean alternative(Exchange exchange, Message message) {
        String alternate = exchange.isSubjectSpace() ? exchange.alternate() : null;
        Exchange next = alternate == null ? null : exchange.host().exchange(alternate);
        return next != null
                && !next.isSubjectSpace()
                && publish(next, message.subject().toString(), List.of(), message);
    }

    private boolean put(AmqpQueue queue, Message message, Predicate<AmqpQueue> allowed) {
        if (!allowed.test(queue)) {
            return false;
        }
        queue.put(message);
        if (!queue.isStream() && queue.queue().isCongested()) {
            congested = queue.queue();
        }
        return true;
    }

    /** A queue that a publish since the last call has found too far behind; null for none. */
    public @Nullable Queue takeCongested() {
        Queue found = congested;
        congested = null;
        return found;
    }
}
