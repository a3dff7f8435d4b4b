package io.polymq.nats.jetstream.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way in for a stream of another account: a push consumer, asked for by the subjects under
 * which that account's API is imported here, which delivers to a subject that is imported as well.
 * Nothing of it is known beyond what the messages say, so that it is as it would be for any client:
 * rights are those of the imports and exports.
 *
 * <pre>
 *   CLOSED -- open --> ASKING -- there is a consumer --> READING -- a gap, or silence --> ASKING
 *                        '-- refused, or no answer: again after a while --'
 * </pre>
 *
 * Shard zone; messages come from any thread.
 */
final class Inlet {

    private static final long RETRY = 1_000;
    private static final long ANSWER_WITHIN = 5_000;
    private static final long HEARTBEAT = 1_000;
    private static final long SILENCE = 10_000;
    private static final String LAST = "Nats-Last-Consumer";
    private static final String STALLED = "Nats-Consumer-Stalled";
    private static final byte[] CONTROL = "NATS/1.0 100".getBytes(StandardCharsets.US_ASCII);

    private enum State {
        CLOSED,
        ASKING,
        READING
    }

    /**
     * Where to begin.
     *
     * @param sequence 0 when a time decides, or nothing
     */
    record Begin(long sequence, @Nullable String time) {}

    /** What came and was not dealt with yet. */
    sealed interface Arrival {

        record Stored(StreamMessage message) implements Arrival {}

        /** A question whether all before it was dealt with. */
        record Flow(Subject answer) implements Arrival {}
    }

    private final Parts parts;
    private final Fields origin;
    private final List<String> filters;
    private final Supplier<Begin> begin;
    private final Runnable wake;
    private final Timer watch;
    private final ArrayDeque<Arrival> arrivals = new ArrayDeque<>();
    private final Message lent = new Message();
    private State state = State.CLOSED;
    private Router.@Nullable Subscription answers;
    private Router.@Nullable Subscription deliveries;
    private @Nullable JsonNode error;
    private int turn;
    private long number;
    private long pending;
    private long activeAt = -1;

    /**
     * @param origin the mirror or source as it is configured
     * @param begin asked whenever it begins anew
     * @param wake there are arrivals
     */
    Inlet(Parts parts, Fields origin, List<String> filters, Supplier<Begin> begin, Runnable wake) {
        this.parts = parts;
        this.origin = origin;
        this.filters = List.copyOf(filters);
        this.begin = begin;
        this.wake = wake;
        this.watch = new Timer(parts.zone(), this::due);
    }

    void open() {
        if (state == State.CLOSED) {
            ask();
        }
    }

    void close() {
        state = State.CLOSED;
        watch.stop();
        leave();
    }

    private void leave() {
        turn++;
        arrivals.clear();
        if (answers != null) {
            answers.close();
            answers = null;
        }
        if (deliveries != null) {
            deliveries.close();
            deliveries = null;
        }
    }

    private void due() {
        if (state == State.READING && parts.zone().elapsed() - activeAt < SILENCE) {
            watch.in(SILENCE);
        } else if (state != State.CLOSED) {
            ask();
        }
    }

    // Asking for the consumer.

    private void ask() {
        leave();
        state = State.ASKING;
        number = 0;
        String id = parts.outlet().newId(8);
        Fields external = external();
        String deliver = external.text("deliver");
        deliver = (deliver.isEmpty() ? "$JS.S." : deliver + ".S.") + id;
        String inbox = "_INBOX." + parts.outlet().newId();
        Filter to = StreamConfig.filter(deliver.replace("..", "."));
        Filter reply = StreamConfig.filter(inbox);
        if (to == null || to.subject() == null || reply == null) {
            return;
        }
        deliveries = parts.outlet().listen(to, sink(this::came));
        answers = parts.outlet().listen(reply, sink((kept, shown) -> answered(kept)));
        String api = external.text("api") + ".CONSUMER.CREATE." + origin.text("name");
        ObjectNode request = request(to.subject().toString());
        if (filters.size() == 1) {
            String name = "src-" + id;
            ((ObjectNode) request.get("config")).put("name", name);
            api += '.' + name + '.' + filters.getFirst();
        }
        Subject asked = Subject.ofDotted(api.replace("..", "."));
        byte[] body = parts.outlet().bytes(request);
        int heard =
                parts.outlet()
                        .send(
                                asked,
                                asked,
                                inbox.getBytes(StandardCharsets.US_ASCII),
                                StreamMessage.NOTHING,
                                body);
        watch.in(heard == 0 ? RETRY : ANSWER_WITHIN);
    }

    private Fields external() {
        Fields external = origin.object("external");
        return external == null ? new Fields(Fields.MAPPER.createObjectNode()) : external;
    }

    private ObjectNode request(String deliver) {
        ObjectNode request = Fields.MAPPER.createObjectNode();
        request.put("stream_name", origin.text("name"));
        ObjectNode config = request.putObject("config");
        Begin from = begin.get();
        if (from.sequence() > 0) {
            config.put("deliver_policy", "by_start_sequence");
            config.put("opt_start_seq", from.sequence());
        } else if (from.time() != null) {
            config.put("deliver_policy", "by_start_time");
            config.put("opt_start_time", from.time());
        } else {
            config.put("deliver_policy", "all");
        }
        config.put("deliver_subject", deliver);
        config.put("ack_policy", "none");
        config.put("max_deliver", 1);
        config.put("replay_policy", "instant");
        config.put("flow_control", true);
        config.put("idle_heartbeat", HEARTBEAT * StreamConfig.NANOS_PER_MILLI);
        config.put("inactive_threshold", SILENCE * StreamConfig.NANOS_PER_MILLI);
        if (filters.size() == 1) {
            config.put("filter_subject", filters.getFirst());
        } else if (!filters.isEmpty()) {
            ArrayNode all = config.putArray("filter_subjects");
            filters.forEach(all::add);
        }
        return request;
    }

    private interface Heard {
        void heard(Message message, Subject shown);
    }

    private Sink sink(Heard heard) {
        int now = turn;
        return message -> {
            KeptMessage kept = message.keep();
            Subject shown = message.shown();
            return parts.zone()
                    .offer(
                            () -> {
                                if (now == turn) {
                                    heard.heard(kept.lendTo(lent), shown);
                                }
                            });
        };
    }

    private void answered(Message message) {
        JsonNode answer;
        try {
            answer =
                    Fields.MAPPER.readTree(
                            message.payload(), message.payloadOffset(), message.payloadLength());
        } catch (IOException e) {
            return;
        }
        error = answer.get("error");
        if (error == null && answer.has("config")) {
            state = State.READING;
            activeAt = parts.zone().elapsed();
            watch.in(SILENCE);
        } else {
            watch.in(RETRY);
        }
    }

    // What it delivers.

    private void came(Message message, Subject shown) {
        activeAt = parts.zone().elapsed();
        byte[] headers = RecordForm.headerBlock(message);
        Subject reply = message.replyTo();
        if (isControl(headers)) {
            controlled(headers, reply);
            return;
        }
        AckSubject at = reply == null ? null : AckSubject.read(reply);
        if (at == null || at.deliveries() > 1 || at.consumerSequence() <= number) {
            return;
        }
        if (at.consumerSequence() > number + 1) {
            ask();
            return;
        }
        number = at.consumerSequence();
        pending = at.pending();
        byte[] payload =
                java.util.Arrays.copyOfRange(
                        message.payload(),
                        message.payloadOffset(),
                        message.payloadOffset() + message.payloadLength());
        arrivals.add(
                new Arrival.Stored(
                        new StreamMessage(at.sequence(), shown, headers, payload, at.time())));
        wake.run();
    }

    private static boolean isControl(byte[] headers) {
        return headers.length >= CONTROL.length
                && java.util.Arrays.equals(headers, 0, CONTROL.length, CONTROL, 0, CONTROL.length);
    }

    private void controlled(byte[] headers, @Nullable Subject reply) {
        if (reply != null) {
            arrivals.add(new Arrival.Flow(reply));
            wake.run();
            return;
        }
        String last = HeaderBlock.first(headers, LAST);
        String stalled = HeaderBlock.first(headers, STALLED);
        if (last != null && !last.equals(Long.toString(number))) {
            ask();
        } else if (stalled != null && arrivals.isEmpty()) {
            parts.outlet().empty(Subject.ofDotted(stalled));
        }
    }

    @Nullable Arrival peek() {
        return arrivals.peek();
    }

    void remove() {
        arrivals.remove();
    }

    // What is told of it.

    long lag() {
        return Math.max(0, pending - 1) + arrivals.size();
    }

    /** When something was heard of it, by the zone's clock; -1 for never. */
    long activeAt() {
        return activeAt;
    }

    /** Why there is no consumer. */
    @Nullable JsonNode error() {
        return error;
    }
}
