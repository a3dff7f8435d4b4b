package io.polymq.nats.jetstream.stream;

import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.wire.Outlet;
import io.polymq.nats.subject.SubjectTransform;
import org.jspecify.annotations.Nullable;

/** Publishes what a stream has stored once more, under another subject. Shard zone. */
final class Republisher {

    private final String stream;
    private final Outlet outlet;
    private final @Nullable SubjectTransform transform;
    private final boolean headersOnly;

    Republisher(StreamConfig config, Outlet outlet) {
        this.stream = config.name();
        this.outlet = outlet;
        Fields asked = config.fields().object("republish");
        transform =
                asked == null ? null : SubjectTransform.of(asked.text("src"), asked.text("dest"));
        headersOnly = asked != null && asked.flag("headers_only");
    }

    boolean isOn() {
        return transform != null;
    }

    /**
     * @param lastOfSubject the sequence before it on its subject, 0 when it is the first
     */
    void publish(StreamMessage message, long lastOfSubject) {
        SubjectTransform to = transform;
        String target = to == null ? null : to.apply(message.subject().toString());
        if (target == null) {
            return;
        }
        byte[] payload = message.payload();
        byte[] headers = message.headers();
        headers = HeaderBlock.with(headers, "Nats-Stream", stream);
        headers = HeaderBlock.with(headers, "Nats-Subject", message.subject().toString());
        headers = HeaderBlock.with(headers, "Nats-Sequence", Long.toString(message.sequence()));
        headers = HeaderBlock.with(headers, "Nats-Time-Stamp", Fields.timeOfMillis(message.time()));
        headers = HeaderBlock.with(headers, "Nats-Last-Sequence", Long.toString(lastOfSubject));
        if (headersOnly) {
            headers = HeaderBlock.with(headers, "Nats-Msg-Size", Integer.toString(payload.length));
            payload = StreamMessage.NOTHING;
        }
        outlet.send(Subject.ofDotted(target), headers, payload);
    }
}
