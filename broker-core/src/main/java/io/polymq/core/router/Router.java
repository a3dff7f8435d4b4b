package io.polymq.core.router;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.core.trace.MessageTracer;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Subscriptions of all tenants and the fan-out to them. Subscribing and unsubscribing are safe from
 * any thread and never stop publishers, who read without locks.
 */
public interface Router {

    /** The tenant's own space, made when first asked for; worth keeping by a connection. */
    Space space(String tenant);

    /** A cache of match results for one thread: each loop has its own. */
    RouteCache newCache();

    /** A smaller one, for so many subjects. */
    RouteCache newCache(int subjects);

    /**
     * The most levels that a filter with wildcards may have; subscribing with a deeper one fails.
     */
    int maxLevels();

    /** Who hears of messages on their way. */
    default MessageTracer tracer() {
        return MessageTracer.NONE;
    }

    /** One tenant's subscriptions. */
    interface Space {

        String tenant();

        /**
         * @param group members of the same group share: each message goes to one of them; null for
         *     a plain subscription
         * @param noLocal whether messages of {@link Sink#owner} are left out
         */
        Subscription subscribe(Filter filter, @Nullable Group group, boolean noLocal, Sink sink);

        /**
         * Why the message may not be published, in words for people; null when it may. Publishers
         * ask before they publish, so that each can say it in its protocol's way. A read of memory
         * as long as nothing is asked of messages.
         */
        @Nullable String refusal(Message message);

        /** Whether anything is asked of messages at all. */
        boolean isGuarded();

        /** Whether a topic keeps what is published to the subject. */
        boolean isCaptured(RouteCache cache, Subject subject);

        /** Whether the tenant may have one more subscription; subscribers ask before they do. */
        boolean mayAdd();

        /**
         * Hands the message to every matching sink and one member of every matching group, in this
         * call. A subject that is captured is fanned out in the order of its capture.
         *
         * @return how many sinks took it
         */
        int publish(RouteCache cache, Message message);

        /**
         * Like publish, for a capture that already has the message: everyone but that one gets it.
         */
        int publishBeside(Capture origin, RouteCache cache, Message message);

        /** Whether anyone besides that capture wants a subject, for frequent questions. */
        Interest interest(Subject subject, Capture beside);

        /**
         * Which topics and queues have kept that message, which has a name, since a time, in
         * milliseconds since 1970; completes on any thread.
         */
        CompletableFuture<Set<UUID>> keepers(RouteCache cache, KeptMessage message, long since);

        /** Whether anyone would get it. */
        boolean hasInterest(RouteCache cache, Subject subject);

        /** How many subscriptions there are. */
        long size();

        /** How many of them are no captures. */
        long liveSize();

        /** Every subscription as it is now; for lists. */
        void forEach(Consumer<Subscription> action);
    }

    /** A standing question for those who want one subject. Any thread. */
    interface Interest {

        /** Some loads from memory, as long as nothing changed. */
        boolean exists();

        /** Hands the message, which must be of that subject, to them. */
        int publish(Message message);
    }

    /** A subscription until it is closed. */
    interface Subscription extends AutoCloseable {
        Filter filter();

        @Nullable Group group();

        Sink sink();

        /** Unsubscribes; deliveries already begun may still come. */
        @Override
        void close();
    }

    /**
     * A named set of sharing subscribers and how they share.
     *
     * @param name unique among protocols: the protocol's name, a colon, the group's own
     * @param acrossFilters whether members with different filters are one group (NATS), or a group
     *     per filter (MQTT)
     */
    record Group(String name, boolean acrossFilters, Strategy strategy) {}

    /** How a group picks its member. */
    enum Strategy {
        RANDOM,
        ROUND_ROBIN,
        /** The same member until it leaves. */
        STICKY,
        HASH_PUBLISHER,
        HASH_SUBJECT,
        /** The member that says it has the least in flight. */
        LEAST_IN_FLIGHT
    }
}
