package io.polymq.nats.account;

import io.polymq.core.message.Message;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Subject;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.subject.SubjectTransform;
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
    private final boolean share;
    private final Answering answering;

    /** How the exporter answers. */
    record Answering(
            ServiceReplies replies,
            AccountOptions.Answers answers,
            @Nullable ServiceLatency latency) {}

    /**
     * @param transform from the importer's subjects to the exporter's; null when they are the same
     * @param share whether measurements may describe who asks
     */
    ServiceImport(
            Crossing crossing,
            Account from,
            Account exporter,
            @Nullable SubjectTransform transform,
            boolean share,
            Answering answering) {
        this.crossing = crossing;
        this.from = from;
        this.exporter = exporter;
        this.transform = transform;
        this.share = share;
        this.answering = answering;
    }

    @Override
    public boolean deliver(Message message) {
        String mapped = transform == null ? null : transform.apply(message.subject().toString());
        if (transform != null && mapped == null) {
            return false;
        }
        Subject subject = mapped == null ? message.subject() : Subject.ofDotted(mapped);
        Subject asker = message.answerTo();
        ServiceLatency latency = answering.latency();
        ServiceLatency.Measured measured =
                latency == null ? null : latency.begin(message, from, share);
        if (asker == null) {
            if (measured != null) {
                measured.failed(400, "Bad Request");
            }
            return crossing.publish(exporter.space(), message, subject, null) > 0;
        }
        Subject own = answering.replies().expect(from, asker, answering.answers(), measured);
        if (own == null) {
            return false;
        }
        boolean taken = crossing.publish(exporter.space(), message, subject, own) > 0;
        if (!taken) {
            answering.replies().forget(own);
            if (measured != null) {
                measured.failed(503, "Service Unavailable");
            }
        }
        return taken;
    }
}
