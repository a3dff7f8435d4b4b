package io.polymq.nats.account;

import io.polymq.core.message.Message;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Subject;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.subject.SubjectTransform;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A subscription in the importing account that asks in the exporting one; answers find their way
 * back through {@link ServiceReplies}. Shared.
 */
final class ServiceImport implements Sink {

    private final Crossing crossing;
    private final Account from;
    private final Account exporter;
    private final @Nullable SubjectTransform transform;
    private final ServiceReplies replies;
    private final AccountOptions.ResponseType response;
    private final Duration patience;

    /**
     * @param transform from the importer's subjects to the exporter's; null when they are the same
     */
    ServiceImport(
            Crossing crossing,
            Account from,
            Account exporter,
            @Nullable SubjectTransform transform,
            ServiceReplies replies,
            AccountOptions.Export export) {
        this.crossing = crossing;
        this.from = from;
        this.exporter = exporter;
        this.transform = transform;
        this.replies = replies;
        this.response = export.response();
        this.patience = export.responseTime();
    }

    @Override
    public boolean deliver(Message message) {
        String mapped = transform == null ? null : transform.apply(message.subject().toString());
        if (transform != null && mapped == null) {
            return false;
        }
        Subject subject = mapped == null ? message.subject() : Subject.ofDotted(mapped);
        Subject asker = message.answerTo();
        if (asker == null) {
            return crossing.publish(exporter.space(), message, subject, null) > 0;
        }
        Subject own = replies.expect(from, asker, response, patience);
        if (own == null) {
            return false;
        }
        boolean taken = crossing.publish(exporter.space(), message, subject, own) > 0;
        if (!taken) {
            replies.forget(own);
        }
        return taken;
    }
}
