package io.polymq.nats.jetstream.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Subject;
import io.polymq.nats.NatsHeaderCodec;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.ApiException;
import io.polymq.nats.jetstream.api.Errors;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.storage.StorageException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is published to a stream, one after the other: the checks that its headers ask for, what is
 * changed on the way, and the answers. While something must be read first (a counter's last value,
 * the stream itself after a start) the others wait in their order. Shard zone.
 */
final class Publishing {

    private static final Logger LOG = LoggerFactory.getLogger(Publishing.class);
    private static final int MAX_HEADER = 64 << 10;

    private final Stream stream;
    private final Parts parts;
    private final PublishRules rules;
    private final AtomicBatches batches;
    private final Message lent = new Message();
    private final ArrayDeque<Publish> waiting = new ArrayDeque<>();
    private String ackPrefix = "";
    private boolean held = true;

    Publishing(Stream stream, Parts parts) {
        this.stream = stream;
        this.parts = parts;
        this.rules = new PublishRules(stream);
        this.batches = new AtomicBatches(stream, parts, rules);
    }

    void named(String name, String domain) {
        ackPrefix =
                "{\"stream\":\""
                        + name
                        + "\","
                        + (domain.isEmpty() ? "" : "\"domain\":\"" + domain + "\",")
                        + " \"seq\":";
    }

    PublishRules rules() {
        return rules;
    }

    AtomicBatches batches() {
        return batches;
    }

    /** Nothing is taken until {@link #resume}. */
    void hold() {
        held = true;
    }

    void resume() {
        if (stream.isEnded()) {
            return;
        }
        held = false;
        while (!held && !waiting.isEmpty()) {
            carryOut(waiting.remove());
        }
    }

    /** The stream is gone for those who wait, and for those on their way. */
    void close() {
        held = true;
        waiting.forEach(this::overtaken);
        waiting.clear();
    }

    private void overtaken(Publish publish) {
        stream.arrived(publish);
        lend(publish);
        refuse(publish, ApiError.STREAM_NOT_FOUND.exception());
    }

    void take(Publish publish) {
        if (stream.isEnded()) {
            overtaken(publish);
        } else if (held) {
            waiting.add(publish);
        } else {
            carryOut(publish);
        }
    }

    private void carryOut(Publish publish) {
        stream.arrived(publish);
        Message message = lend(publish);
        try {
            carryOut(publish, message);
        } catch (ApiException refused) {
            refuse(publish, refused);
        }
    }

    /** The message; where it is to be answered goes to the publish. */
    private Message lend(Publish publish) {
        Message message = publish.message.lendTo(lent);
        boolean nats = message.isNativeTo(NatsHeaderCodec.INSTANCE);
        publish.reply = nats ? message.replyTo() : null;
        if (nats) {
            message.replyTo((Subject) null);
        }
        return message;
    }

    private void carryOut(Publish publish, Message message) {
        StreamConfig config = stream.config();
        if (config.sealed()) {
            throw ApiError.STREAM_SEALED.exception();
        }
        byte[] headers = RecordForm.headerBlock(message);
        Subject subject = stream.transformed(message.subject());
        Draft draft = new Draft(subject, headers, publish.message.payload());
        boolean special = headers.length > 0 && HeaderBlock.hasPrefix(headers, MsgHeaders.PREFIX);
        if (special && HeaderBlock.has(headers, MsgHeaders.BATCH_ID)) {
            batches.take(publish, draft);
            return;
        }
        if (config.counter() || special && HeaderBlock.has(headers, MsgHeaders.INCR)) {
            if (!count(publish, draft)) {
                return;
            }
        }
        if (special) {
            rules.check(draft, parts.zone().now());
            Long known = draft.duplicateOf;
            if (known != null) {
                duplicate(publish, known);
                return;
            }
        }
        store(publish, draft, message);
    }

    /** False when the counter's last value must be read first; then the message comes again. */
    private boolean count(Publish publish, Draft draft) {
        rules.checkCounter(draft);
        SubjectEntry entry = stream.index().entry(draft.subject);
        StreamMessage last = entry == null ? null : stream.log().cached(entry.last());
        if (entry != null && last == null) {
            hold();
            waiting.addFirst(publish);
            stream.log()
                    .fetch(
                            entry.last(),
                            found -> {
                                if (found == null) {
                                    waiting.remove(publish);
                                    refuse(publish, ApiError.COUNTER_BROKEN.exception());
                                }
                                // not from here: all that wait may have to read, one in the other
                                parts.zone().offer(this::resume);
                            });
            return false;
        }
        publish.more = ",\"val\":\"" + rules.count(draft, last) + '"';
        return true;
    }

    private void store(Publish publish, Draft draft, Message message) {
        checkSize(draft);
        if (stream.isUnwanted(draft.subject)) {
            publish.sequence = stream.passOver();
            stream.afterSafe(publish.sequence - 1, () -> settleNow(publish));
            return;
        }
        stream.checkRoom(draft);
        rewrite(draft, message);
        SubjectEntry entry = stream.index().entry(draft.subject);
        publish.lastOfSubject = entry == null ? 0 : entry.last();
        publish.sequence = stream.store(draft, message, publish);
        if (stream.republisher().isOn()) {
            publish.stored = draft.at(publish.sequence, parts.zone().now());
        }
        rules.stored(draft, publish.sequence);
    }

    void checkSize(Draft draft) {
        long most = stream.config().maxMessageSize();
        int size = draft.headers.length + draft.payload.length;
        if (most >= 0 && size > most) {
            throw ApiError.MESSAGE_EXCEEDS_MAXIMUM.exception();
        }
        if (draft.headers.length > MAX_HEADER) {
            throw ApiError.HEADER_EXCEEDS_MAXIMUM.exception();
        }
    }

    /** The message as it is kept, where that is not as it came. */
    static void rewrite(Draft draft, Message message) {
        byte[] headers = HeaderBlock.withoutStatus(draft.headers);
        boolean same =
                headers == draft.original
                        && draft.payload == message.payload()
                        && draft.subject == message.subject();
        draft.headers = headers;
        if (!same && !message.isNativeTo(NatsHeaderCodec.INSTANCE)) {
            // A foreign header stays as it is: only subject and payload may have changed.
            message.begin(draft.subject, draft.payload, 0, draft.payload.length)
                    .header(NatsHeaderCodec.INSTANCE, draft.headers, 0, draft.headers.length, 0);
        } else if (!same) {
            draft.fill(message);
        }
    }

    private void duplicate(Publish publish, long sequence) {
        publish.sequence = sequence;
        publish.more = ",\"duplicate\": true";
        stream.afterSafe(sequence, () -> settleNow(publish));
    }

    private void settleNow(Publish publish) {
        acknowledged(publish);
        publish.done(null);
    }

    // Answers.

    /** The message is safe. */
    void acknowledged(Publish publish) {
        Subject reply = publish.reply;
        if (reply != null && !stream.config().noAck()) {
            parts.outlet().send(reply, StreamMessage.NOTHING, publish.ack(ackPrefix));
        }
        StreamMessage stored = publish.stored;
        if (stored != null) {
            stream.republisher().publish(stored, publish.lastOfSubject);
        }
    }

    void failed(Publish publish, Throwable why) {
        refuse(publish, ApiError.STREAM_STORE_FAILED.exception(why.getMessage() + ""), why);
    }

    void refuse(Publish publish, ApiException why) {
        refuse(publish, why, why);
    }

    /** The account may store no more; publishers of other protocols hear of it in their words. */
    void beyondQuota(Publish publish, StorageException why) {
        refuse(publish, ApiError.ACCOUNT_RESOURCES_EXCEEDED.exception(), why);
    }

    private void refuse(Publish publish, ApiException why, Throwable cause) {
        LOG.atDebug()
                .addKeyValue("stream", stream.name())
                .addKeyValue("reason", why.description())
                .log("a message was refused");
        publish.done(cause);
        Subject reply = publish.reply;
        if (reply != null && !stream.config().noAck() && Dialect.NATS.canSpell(reply)) {
            ObjectNode answer = Errors.answer(why);
            answer.put("stream", stream.name());
            answer.put("seq", 0);
            parts.outlet().send(reply, answer);
        }
    }

    /** A message while it is checked and changed. */
    static final class Draft {
        Subject subject;
        byte[] headers;
        final byte[] original;
        byte[] payload;
        @Nullable Long duplicateOf;
        long ttlMillis;
        @Nullable String rollup;
        @Nullable String schedule;

        Draft(Subject subject, byte[] headers, byte[] payload) {
            this.subject = subject;
            this.headers = headers;
            this.original = headers;
            this.payload = payload;
        }

        Message fill(Message message) {
            return message.begin(subject, payload, 0, payload.length)
                    .header(NatsHeaderCodec.INSTANCE, headers, 0, headers.length, 0);
        }

        int size(boolean memory) {
            return StreamMessage.size(memory, subject.length(), headers.length, payload.length);
        }

        StreamMessage at(long sequence, long time) {
            return new StreamMessage(sequence, subject, headers, payload, time);
        }
    }
}
