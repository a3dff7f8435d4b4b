package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client's QoS 2 message that waits for its PUBREL, or for all who get it to have it safe. Zone
 * of its session.
 */
final class IncomingMessage {

    final KeptMessage message;
    final int flags;

    /** When it came, in milliseconds since 1970. */
    final long since;

    final @Nullable OwedShare target;
    int repeats;

    /** Once it is on its way: done when its PUBCOMP may be sent. */
    @Nullable CompletableFuture<Void> released;

    /** Whether it may have reached some already, in a way that a crash or a failure cut short. */
    boolean begun;

    /** Sessions that got it then. */
    Set<Long> delivered = Set.of();

    IncomingMessage(KeptMessage message, int flags, long since, @Nullable OwedShare target) {
        this.message = message;
        this.flags = flags;
        this.since = since;
        this.target = target;
    }
}
