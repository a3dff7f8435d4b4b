package io.polymq.nats.account;

import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a message that is being routed once more, in another account and under another subject.
 * Each thread has its own copies, one for each account that a message passes; a message that has
 * passed {@link #DEEPEST} of them goes in circles and is dropped. Any thread.
 */
final class Crossing {

    static final int DEEPEST = 8;

    private static final int CACHED_SUBJECTS = 256;

    private final ThreadLocal<Trail> trails;

    Crossing(Router router) {
        trails = ThreadLocal.withInitial(() -> new Trail(router.newCache(CACHED_SUBJECTS)));
    }

    /** How many took it. */
    int publish(Router.Space to, Message message, Subject subject, @Nullable Subject reply) {
        Trail trail = trails.get();
        if (trail.depth == DEEPEST) {
            return 0;
        }
        Message copy = trail.messages[trail.depth];
        copy.begin(subject, message.payload(), message.payloadOffset(), message.payloadLength())
                .publisher(message.publisher())
                .receipt(message.receipt())
                .replyTo(reply);
        if (!message.shown().equals(message.subject())) {
            copy.shownAs(message.shown());
        }
        if (message.headerCodec() == null) {
            copy.properties(message.properties());
        } else {
            copy.header(
                    message.headerCodec(),
                    message.header(),
                    message.headerOffset(),
                    message.headerLength(),
                    message.flags());
        }
        trail.depth++;
        try {
            return to.publish(trail.routes, copy);
        } finally {
            trail.depth--;
        }
    }

    private static final class Trail {

        private final RouteCache routes;
        private final Message[] messages = new Message[DEEPEST];
        private int depth;

        Trail(RouteCache routes) {
            this.routes = routes;
            for (int i = 0; i < DEEPEST; i++) {
                messages[i] = new Message();
            }
        }
    }
}
