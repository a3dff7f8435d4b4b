package io.polymq.nats;

import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.nats.account.Account;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.subject.SubjectMappings;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One client's publishing: from the bytes of a PUB or HPUB to the sinks. It remembers the last
 * subject, which a steady publisher repeats. Connection zone.
 */
final class NatsPublisher {

    private final NatsConnection connection;
    private final NatsLoop loop;
    private final boolean tellsNoResponders;
    private Router.Space space;
    private @Nullable SubjectMappings mappings;
    private Subject lastSubject = Subject.EMPTY;
    private boolean lastRoutable;
    private boolean lastReserved;
    private @Nullable SubjectService lastService;
    private long received;
    private long receivedBytes;

    NatsPublisher(NatsConnection connection, NatsLoop loop, boolean tellsNoResponders) {
        this.connection = connection;
        this.loop = loop;
        this.tellsNoResponders = tellsNoResponders;
        this.space = connection.account().space();
    }

    /** The client is at work in this account from now on. */
    void worksIn(Account account) {
        space = account.space();
        mappings = account.mappings();
    }

    long received() {
        return received;
    }

    long receivedBytes() {
        return receivedBytes;
    }

    /** The arguments are those of {@link io.polymq.codec.nats.NatsCommands#publish}. */
    void publish(
            byte[] bytes,
            int subject,
            int subjectLength,
            int reply,
            int replyLength,
            int body,
            int header,
            int totalLength,
            int tail) {
        received++;
        receivedBytes += totalLength;
        Subject to = lastSubject;
        if (!to.isDotted(bytes, subject, subjectLength)) {
            to = loop.subjects().dotted(bytes, subject, subjectLength);
            lastSubject = to;
            lastRoutable = hasNoEmptyLevel(to.dotted());
            lastReserved = ReservedSubjects.refusesPublish(to.dotted());
            lastService = connection.broker().service(to);
        }
        ConnectOptions options = connection.options();
        if (options.pedantic() && !isLiteral(to)) {
            connection.error(NatsError.INVALID_PUBLISH_SUBJECT);
        }
        if (lastReserved || !connection.rights().mayPublish(to)) {
            connection.error("Permissions Violation for Publish to \"" + to + '"');
            return;
        }
        if (replyLength > 0 && ReservedSubjects.refusesReply(bytes, reply, replyLength)) {
            connection.error(
                    "Permissions Violation for Publish with Reply of \""
                            + new String(bytes, reply, replyLength, StandardCharsets.UTF_8)
                            + '"');
            return;
        }
        if (lastService != null) {
            ask(lastService, message(to, bytes, reply, replyLength, body, header, totalLength));
            return;
        }
        connection.acknowledge();
        if (mappings != null) {
            Optional<Subject> mapped = mappings.apply(to);
            if (mapped.isEmpty()) {
                return;
            }
            to = mapped.get();
        }
        Message message = message(to, bytes, reply, replyLength, body, header, totalLength);
        if (tail >= 0) {
            loop.wire().point(message, bytes, tail, body + totalLength + 2 - tail, header > 0);
        }
        String refusal = space.refusal(message);
        if (refusal != null) {
            connection.error("Payload Violation for Publish to \"" + to + "\": " + refusal);
            if (replyLength > 0 && space.isCaptured(loop.routes(), to)) {
                refuse(Subject.ofDotted(bytes, reply, replyLength), refusal);
            }
            return;
        }
        int takers = lastRoutable ? space.publish(loop.routes(), message) : 0;
        if (takers == 0 && replyLength > 0 && options.noResponders() && tellsNoResponders) {
            noResponders(Subject.ofDotted(bytes, reply, replyLength), to);
        }
    }

    /** Who publishes to a stream waits for its word. */
    private void refuse(Subject reply, String why) {
        byte[] answer = ApiError.STREAM_STORE_FAILED.pubAck(why);
        Message message = loop.message();
        message.begin(reply, answer, 0, answer.length)
                .header(NatsHeaderCodec.INSTANCE, answer, 0, 0, 0);
        space.publish(loop.routes(), message);
    }

    private Message message(
            Subject to,
            byte[] bytes,
            int reply,
            int replyLength,
            int body,
            int header,
            int totalLength) {
        Message message = loop.message();
        message.begin(to, bytes, body + header, totalLength - header)
                .publisher(connection.id())
                .header(NatsHeaderCodec.INSTANCE, bytes, body, header, 0);
        if (replyLength > 0) {
            message.replyTo(bytes, reply, replyLength);
        }
        return message;
    }

    private void ask(SubjectService service, Message message) {
        String refusal =
                service.request(
                        message,
                        connection.principal(),
                        connection.peer(),
                        connection.rights().lasting());
        if (refusal == null) {
            connection.acknowledge();
        } else {
            connection.error(refusal);
        }
    }

    /** Nobody got a request: its own subscription for the answer hears so. */
    private void noResponders(Subject reply, Subject asked) {
        NatsSubscription own = connection.subscriptions().firstFor(reply);
        if (own == null) {
            return;
        }
        byte[] header =
                ("NATS/1.0 503\r\nNats-Subject: " + asked + "\r\n\r\n")
                        .getBytes(StandardCharsets.UTF_8);
        Message message = loop.message();
        message.begin(reply, header, 0, 0)
                .header(NatsHeaderCodec.INSTANCE, header, 0, header.length, 0);
        own.deliver(message);
    }

    /**
     * A subject with an empty level is taken from a client that is not pedantic, and reaches
     * nobody.
     */
    private static boolean hasNoEmptyLevel(byte[] subject) {
        boolean begun = false;
        for (byte b : subject) {
            if (b == '.' && !begun) {
                return false;
            }
            begun = b != '.';
        }
        return begun;
    }

    private static boolean isLiteral(Subject subject) {
        try {
            return Dialect.NATS.parse(subject.dotted(), 0, subject.length()).isExact();
        } catch (InvalidSubjectException e) {
            return false;
        }
    }
}
