package io.polymq.core.router;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Where a subscription's messages go: an MQTT or NATS subscription, an AMQP binding, a topic's
 * capture.
 */
public interface Sink {

    /**
     * Takes a message, on the publisher's thread; it is borrowed for the call. Must not block. A
     * sink whose consumer lives on another loop encodes into that connection's outbox, or enqueues
     * a kept copy. A sink that must make the message safe before the publisher is answered says so
     * to its receipt.
     *
     * @return false when it could not take it (closing, full): a group then tries its next member
     */
    boolean deliver(Message message);

    /**
     * Whether anybody would get a message of this subject; one that hands messages on to another
     * space may know of nobody there.
     */
    default boolean isWanted(RouteCache cache, Subject subject) {
        return true;
    }

    /** How many deliveries wait for their end, for groups that prefer the idlest member. */
    default int inFlight() {
        return 0;
    }

    /**
     * Who behind it has kept that message, which has a name, already; reads what they have kept
     * since a time, in milliseconds since 1970. What is on its way meanwhile may be missed.
     */
    default CompletableFuture<Set<UUID>> keepers(KeptMessage message, long since) {
        return CompletableFuture.completedFuture(Set.of());
    }

    /** The connection that subscribed, so that its own messages can be left out; 0 for none. */
    default long owner() {
        return 0;
    }
}
