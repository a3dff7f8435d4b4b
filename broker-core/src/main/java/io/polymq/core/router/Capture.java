package io.polymq.core.router;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * A sink that keeps messages durably, and by that gives them their order: live subscribers see a
 * captured message in the order in which it is kept.
 */
public interface Capture extends Sink {

    /**
     * Keeps the message and has it fanned out, both in the capture's order: at once on this thread,
     * or, while another publisher is at it, a little later on that one's with a kept copy. Never
     * waits for the store.
     *
     * @return how many took it, the capture included
     */
    int capture(Message message, Fanout live);

    /** Of several captures of a subject the one with the lowest rank gives the order. */
    long rank();

    /** The name of the topic that it keeps messages in; empty when there is none yet. */
    default String topic() {
        return "";
    }

    /**
     * Whether it only stands in for the topic that is called like the subject: where that captures
     * a subject itself, the stand-in does not hear of it.
     */
    default boolean isStandIn() {
        return false;
    }

    /** Names the topic for good; zero when there is none yet. */
    default UUID id() {
        return new UUID(0, 0);
    }

    /**
     * Whether it has kept that message; reads what it has kept since a time, in milliseconds since
     * 1970. What is on its way meanwhile may be missed.
     */
    default CompletableFuture<Boolean> holds(Origin message, long since) {
        return CompletableFuture.completedFuture(false);
    }

    @Override
    default CompletableFuture<Set<UUID>> keepers(KeptMessage message, long since) {
        Origin origin = message.origin();
        return origin == null
                ? CompletableFuture.completedFuture(Set.of())
                : holds(origin, since).thenApply(holds -> holds ? Set.of(id()) : Set.of());
    }

    /** Hands a message to all others that match its subject. */
    interface Fanout {

        int deliver(Message message);

        /** How many it would be handed to. */
        int size();
    }
}
