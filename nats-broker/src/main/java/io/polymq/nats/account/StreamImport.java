package io.polymq.nats.account;

import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Subject;
import io.polymq.nats.subject.SubjectTransform;
import org.jspecify.annotations.Nullable;

/** A subscription in the exporting account that publishes in the importing one. Shared. */
final class StreamImport implements Sink {

    private final Crossing crossing;
    private final Account to;
    private final @Nullable SubjectTransform transform;

    /**
     * @param transform from the exporter's subjects to the importer's; null when they are the same
     */
    StreamImport(Crossing crossing, Account to, @Nullable SubjectTransform transform) {
        this.crossing = crossing;
        this.to = to;
        this.transform = transform;
    }

    @Override
    public boolean deliver(Message message) {
        Subject subject = mapped(message.subject());
        return subject != null
                && crossing.publish(to.space(), message, subject, message.replyTo()) > 0;
    }

    @Override
    public boolean isWanted(RouteCache cache, Subject subject) {
        Subject mapped = mapped(subject);
        return mapped != null && to.space().hasInterest(cache, mapped);
    }

    private @Nullable Subject mapped(Subject subject) {
        if (transform == null) {
            return subject;
        }
        String mapped = transform.apply(subject.toString());
        return mapped == null ? null : Subject.ofDotted(mapped);
    }
}
