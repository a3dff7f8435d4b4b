package io.polymq.nats.jetstream.consumer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.api.ConsumerConfig.AckPolicy;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.stream.AckSubject;
import io.polymq.nats.jetstream.stream.HeaderBlock;
import io.polymq.nats.jetstream.stream.MessageIndex;
import io.polymq.nats.jetstream.stream.Reader;
import io.polymq.nats.jetstream.stream.Stream;
import io.polymq.nats.jetstream.stream.StreamMessage;
import io.polymq.nats.jetstream.stream.SubjectEntry;
import io.polymq.nats.jetstream.stream.Timer;
import io.polymq.nats.jetstream.wire.Outlet;
import io.polymq.storage.GroupCursor;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One consumer: where it is in its stream, and the loop that hands out messages. What comes again
 * goes before what is new; who gets it is decided by {@link Pulls} or {@link Push}; what is held is
 * {@link Unacked}'s. Runs once when a turn of the zone ends, whenever something has changed. Shard
 * zone.
 */
public final class Consumer implements Reader {

    private static final int MOST_PER_TURN = 2048;
    private static final long SAVE_AFTER = 250;

    /** The account, as a consumer knows it. */
    public interface Home {
        void advise(String type, String tail, ObjectNode body);

        /** Nobody has asked it for anything for as long as it allows. */
        void inactive(Consumer consumer);

        /** Its acknowledgements are sampled: {@code $JS.EVENT.METRIC.CONSUMER.ACK}. */
        void metric(String tail, ObjectNode body);
    }

    private final Stream stream;
    private final ShardZone zone;
    private final Outlet outlet;
    private final Home home;
    private final String name;
    private final long created;
    private final Unacked unacked;
    private final Pulls pulls;
    private final Acks acks;
    private final Deadlines deadlines;
    private final Timer idleTimer;
    private final Timer pauseTimer;
    private final Timer laterTimer;
    private final Timer saveTimer;
    private final byte[] ackPrefix;
    private ConsumerConfig config;
    private Wants wants;
    private @Nullable Push push;
    private long next;
    private long pending;
    private long[] skip = {};
    private int skipAt;
    private long skipUntil;
    private long fetching;
    private boolean dirty;
    private boolean closed;
    private boolean loaded;
    private long rateReady;
    private long replayTime;
    private long replayAt;
    private long lastDeliveredAt;
    private long lastAckedAt;

    public Consumer(
            Stream stream,
            ShardZone zone,
            Outlet outlet,
            Home home,
            ConsumerConfig config,
            String name,
            long created,
            boolean kept) {
        this.stream = stream;
        this.zone = zone;
        this.outlet = outlet;
        this.home = home;
        this.config = config;
        this.name = name;
        this.created = created;
        this.wants = new Wants(config.filters());
        GroupCursor cursor = kept ? stream.topic().partition(0).cursor(cursorName(name)) : null;
        this.unacked = new Unacked(cursor, stream::base);
        this.pulls = new Pulls(this, zone, outlet);
        this.acks = new Acks(this, zone, outlet, unacked);
        this.deadlines = new Deadlines(this, zone, unacked);
        this.idleTimer = new Timer(zone, this::idle);
        this.pauseTimer = new Timer(zone, this::signal);
        this.laterTimer = new Timer(zone, this::signal);
        this.saveTimer = new Timer(zone, unacked::save);
        this.ackPrefix =
                ("$JS.ACK." + stream.name() + '.' + name + '.').getBytes(StandardCharsets.US_ASCII);
        begin();
    }

    /** The shard's cursor that keeps a consumer's position. */
    public static String cursorName(String consumer) {
        return "jetstream/" + consumer;
    }

    // Life.

    private void begin() {
        MessageIndex index = stream.index();
        boolean restored =
                unacked.restore(
                        at -> index.has(at) && wants.wants(index.entryAt(at)),
                        index.first(),
                        zone.elapsed());
        if (restored) {
            next = unacked.streamSequence() + 1;
        } else {
            start();
        }
        pending = countPending();
        loaded = true;
        if (config.isPush()) {
            push = new Push(this, zone, outlet);
        }
        armIdle();
        deadlines.look();
        armPause();
        for (Map.Entry<Long, Held> one : unacked.held().entrySet()) {
            if (restored && config.ackPolicy() != AckPolicy.NONE) {
                one.getValue().since = zone.elapsed();
            }
        }
        signal();
    }

    /** The start that its configuration asks for. */
    private void start() {
        StartPosition start = StartPosition.of(config, wants, stream.index());
        next = start.next();
        skip = start.skip();
        skipAt = 0;
        skipUntil = start.skipUntil();
        long first = skip.length > 0 ? skip[0] : next;
        unacked.begin(Math.max(0, first - 1));
    }

    private long countPending() {
        MessageIndex index = stream.index();
        return inSkip()
                ? skip.length - skipAt + wants.count(index, skipUntil + 1)
                : wants.count(index, next);
    }

    private boolean inSkip() {
        return skipAt < skip.length;
    }

    /** Another configuration; only what may be changed differs. */
    public void change(ConsumerConfig now) {
        boolean filters = !now.filters().equals(config.filters());
        config = now;
        if (filters) {
            wants = new Wants(now.filters());
            pending = countPending();
        }
        Push current = push;
        if (current != null) {
            current.configured();
        }
        armIdle();
        armPause();
        deadlines.look();
        signal();
    }

    /** It is deleted, its stream is, or the account ends. */
    public void close(@Nullable String why) {
        closed = true;
        Push current = push;
        if (current != null) {
            current.close();
        }
        if (why != null) {
            pulls.close(why);
        }
        deadlines.close();
        idleTimer.stop();
        pauseTimer.stop();
        laterTimer.stop();
        saveTimer.stop();
    }

    /** The server ends soon. */
    public void serverEnds() {
        pulls.serverEnds();
    }

    /** What it knows is written down. */
    public CompletableFuture<Void> save() {
        unacked.save();
        GroupCursor cursor = unacked.cursor();
        return cursor == null ? CompletableFuture.completedFuture(null) : cursor.persist();
    }

    void changed() {
        if (unacked.cursor() != null) {
            saveTimer.within(SAVE_AFTER);
        }
    }

    // What its stream says.

    @Override
    public void stored(SubjectEntry subject, long sequence) {
        if (wants.wants(subject)) {
            pending++;
        }
    }

    @Override
    public void removed(SubjectEntry subject, long sequence) {
        if (isAhead(sequence) && wants.wants(subject)) {
            pending--;
            if (inSkip()) {
                int at = Arrays.binarySearch(skip, skipAt, skip.length, sequence);
                if (at >= 0) {
                    System.arraycopy(skip, skipAt, skip, skipAt + 1, at - skipAt);
                    skipAt++;
                }
            }
        } else if (unacked.acknowledged(sequence) != null) {
            changed();
            signal();
        }
    }

    @Override
    public void purged(long first) {
        if (!inSkip()) {
            next = Math.max(next, first);
            unacked.purged(first - 1);
            changed();
        }
    }

    private boolean isAhead(long sequence) {
        if (inSkip()) {
            return sequence > skipUntil
                    || Arrays.binarySearch(skip, skipAt, skip.length, sequence) >= 0;
        }
        return sequence >= next;
    }

    @Override
    public boolean wants(SubjectEntry subject) {
        return wants.wants(subject);
    }

    @Override
    public boolean needs(SubjectEntry subject, long sequence) {
        if (!wants.wants(subject)) {
            return false;
        }
        return sequence > unacked.streamSequence()
                ? isAhead(sequence)
                : unacked.find(sequence) != null;
    }

    @Override
    public void signal() {
        if (!dirty && !closed && loaded) {
            dirty = true;
            zone.atTurnEnd(this::turn);
        }
    }

    // The loop.

    private void turn() {
        dirty = false;
        for (int done = 0; done < MOST_PER_TURN; done++) {
            if (closed || !step()) {
                return;
            }
        }
        signal();
    }

    /** One delivery; false when there is nothing to do now. */
    private boolean step() {
        if (fetching > 0 || isPaused() || !stream.isReady()) {
            return false;
        }
        Push current = push;
        if (current == null ? pulls.isEmpty() : !current.mayDeliver()) {
            return false;
        }
        long sequence = again();
        boolean fresh = sequence == 0;
        if (fresh) {
            sequence = fresh();
            if (sequence == 0) {
                if (current == null && !isFull()) {
                    pulls.nothingMore();
                }
                return false;
            }
        }
        StreamMessage message = stream.cached(sequence);
        if (message == null) {
            fetch(sequence, fresh);
            return false;
        }
        if (fresh && !isDue(message)) {
            return false;
        }
        return current == null ? pull(message, fresh) : push(current, message, fresh);
    }

    private boolean isFull() {
        long most = config.maxAckPending();
        return config.ackPolicy() != AckPolicy.NONE && most > 0 && unacked.held().size() >= most;
    }

    /** The next one that was delivered before; 0 when there is none. */
    private long again() {
        for (long at = unacked.takeAgain(); at > 0; at = unacked.takeAgain()) {
            long most = config.maxDeliver();
            int deliveries = unacked.deliveries(at);
            if (!stream.index().has(at)) {
                unacked.acknowledged(at);
            } else if (most > 0 && deliveries >= most) {
                deadlines.exceeded(at, deliveries);
            } else {
                return at;
            }
        }
        return 0;
    }

    /** The next new one that can be read; 0 when there is none or it must wait. */
    private long fresh() {
        if (isFull()) {
            return 0;
        }
        MessageIndex index = stream.index();
        while (inSkip()) {
            long at = skip[skipAt];
            if (index.has(at)) {
                return at <= stream.safe() ? at : 0;
            }
            skipAt++;
            passSkip();
        }
        long at = wants.next(index, next);
        if (at == 0) {
            next = Math.max(next, Math.min(index.last(), stream.safe()) + 1);
            return 0;
        }
        return at <= stream.safe() ? at : 0;
    }

    private void passSkip() {
        if (!inSkip()) {
            next = skipUntil + 1;
        }
    }

    private void fetch(long sequence, boolean fresh) {
        Held one = unacked.find(sequence);
        if (!fresh && one != null) {
            unacked.queueFirst(sequence, one);
        }
        fetching = sequence;
        stream.fetchOnward(
                sequence,
                found -> {
                    fetching = 0;
                    if (found == null && stream.index().has(sequence) && stream.isReady()) {
                        stream.lost(sequence);
                    }
                    signal();
                });
    }

    /** Rate limit and the original's pace. */
    private boolean isDue(StreamMessage message) {
        long now = zone.elapsed();
        long due = rateReady;
        if (config.originalPace() && replayTime > 0) {
            due = Math.max(due, replayAt + (message.time() - replayTime));
        }
        if (due > now) {
            laterTimer.within(due - now);
            return false;
        }
        return true;
    }

    private boolean pull(StreamMessage message, boolean fresh) {
        int size = size(message, fresh);
        PullRequest request = pulls.next(size);
        if (request == null) {
            putBack(message.sequence(), fresh);
            return false;
        }
        send(request.reply, message, fresh, request.pin);
        pulls.served(request, size);
        return true;
    }

    /** What a request's bytes count of it: the reply subject as well, as clients count. */
    private int size(StreamMessage message, boolean fresh) {
        long sequence = message.sequence();
        int reply =
                AckSubject.length(
                        ackPrefix,
                        unacked.deliveries(sequence) + 1,
                        message,
                        unacked.nextNumber(),
                        fresh ? pending - 1 : pending);
        int body =
                config.headersOnly()
                        ? sizeOnly(message).length
                        : message.headers().length + message.payload().length;
        return message.subject().length() + reply + body;
    }

    private static byte[] sizeOnly(StreamMessage message) {
        return HeaderBlock.with(
                message.headers(), "Nats-Msg-Size", Integer.toString(message.payload().length));
    }

    private boolean push(Push current, StreamMessage message, boolean fresh) {
        int size = send(current.target(), message, fresh, "");
        current.delivered(size);
        long rate = config.rateLimit();
        if (rate > 0) {
            rateReady = Math.max(rateReady, zone.elapsed()) + size * 8_000L / rate;
        }
        return true;
    }

    private void putBack(long sequence, boolean fresh) {
        Held one = unacked.find(sequence);
        if (!fresh && one != null) {
            unacked.queueFirst(sequence, one);
        }
    }

    private int send(Subject to, StreamMessage message, boolean fresh, String pin) {
        long sequence = message.sequence();
        if (fresh) {
            pending--;
            if (inSkip()) {
                skipAt++;
                passSkip();
            } else {
                next = sequence + 1;
            }
            replayTime = message.time();
            replayAt = zone.elapsed();
        }
        AckPolicy policy = config.ackPolicy();
        long number = unacked.delivered(sequence, policy, zone.elapsed());
        int deliveries = Math.max(1, unacked.deliveries(sequence));
        lastDeliveredAt = zone.now();
        byte[] headers = message.headers();
        byte[] payload = message.payload();
        if (config.headersOnly()) {
            headers = sizeOnly(message);
            payload = StreamMessage.NOTHING;
        }
        if (!pin.isEmpty()) {
            headers = HeaderBlock.with(headers, "Nats-Pin-Id", pin);
        }
        byte[] reply = AckSubject.write(ackPrefix, deliveries, message, number, pending);
        outlet.send(to, message.subject(), reply, headers, payload);
        if (policy == AckPolicy.NONE) {
            stream.done(sequence);
        } else {
            deadlines.arm(sequence);
        }
        changed();
        return headers.length + payload.length + message.subject().length() + reply.length;
    }

    // Acknowledgements and their deadlines.

    /** What a client answered to a delivery. */
    public void answer(AckSubject ack, byte[] body, @Nullable Subject reply) {
        acks.take(ack, body, reply);
    }

    /** Asks for messages. */
    public void ask(Subject reply, byte[] body) {
        if (push != null) {
            outlet.send(
                    reply,
                    HeaderBlock.status(409, "Consumer is push based"),
                    StreamMessage.NOTHING);
        } else {
            pulls.ask(reply, body);
        }
    }

    /** An answer to a flow control request. */
    public void flow(String subject) {
        Push current = push;
        if (current != null) {
            current.answered(subject);
        }
    }

    Deadlines deadlines() {
        return deadlines;
    }

    /** Done with a message: it may leave its stream. */
    void done(long sequence) {
        lastAckedAt = zone.now();
        stream.done(sequence);
        changed();
        signal();
    }

    // Pause, idleness.

    public boolean isPaused() {
        Instant until = config.pauseUntil();
        return until != null && until.toEpochMilli() > zone.now();
    }

    private void armPause() {
        Instant until = config.pauseUntil();
        if (until != null && until.toEpochMilli() > zone.now()) {
            pauseTimer.in(until.toEpochMilli() - zone.now() + 1);
        }
    }

    private void armIdle() {
        long threshold = config.fields().millis("inactive_threshold");
        if (threshold > 0) {
            idleTimer.within(threshold);
        }
    }

    private void idle() {
        long threshold = config.fields().millis("inactive_threshold");
        if (threshold <= 0) {
            return;
        }
        Push current = push;
        long last =
                current != null
                        ? current.lastActive()
                        : pulls.isEmpty() ? pulls.lastAsked() : zone.elapsed();
        long left = last + threshold - zone.elapsed();
        if (left <= 0) {
            home.inactive(this);
        } else {
            idleTimer.in(left);
        }
    }

    /** Goes back to a sequence, or to the floor; everything behind it is delivered anew. */
    public long reset(long sequence) {
        long start = sequence > 0 ? sequence : unacked.floorStream() + 1;
        skip = new long[0];
        skipAt = 0;
        next = Math.max(start, stream.index().first());
        unacked.forgetDeliveries();
        unacked.begin(next - 1);
        pending = countPending();
        changed();
        signal();
        return next;
    }

    public void unpin() {
        pulls.unpin("admin");
    }

    void advisePin(String kind, String group, String id, String reason) {
        ObjectNode body = body();
        body.put("group", group);
        if (!reason.isEmpty()) {
            body.put("reason", reason);
        } else {
            body.put("pinned_id", id);
        }
        home.advise(
                "io.nats.jetstream.advisory.v1.consumer_group_"
                        + kind.toLowerCase(java.util.Locale.ROOT),
                "CONSUMER." + kind + '.' + stream.name() + '.' + name,
                body);
    }

    ObjectNode body() {
        ObjectNode body = Fields.MAPPER.createObjectNode();
        body.put("stream", stream.name());
        body.put("consumer", name);
        return body;
    }

    Home home() {
        return home;
    }

    String flowSubject(String id) {
        return "$JS.FC." + stream.name() + '.' + name + '.' + id;
    }

    // What it is.

    public ConsumerConfig config() {
        return config;
    }

    public String name() {
        return name;
    }

    public Stream stream() {
        return stream;
    }

    public long created() {
        return created;
    }

    public long pending() {
        return pending;
    }

    /** What could go out now. */
    /** How many could be given: none that waits for the end of a Kafka transaction. */
    long pendingNow() {
        boolean held =
                pending > 0
                        && !inSkip()
                        && stream.isHidden(stream.index().last())
                        && stream.isHidden(wants.next(stream.index(), next));
        return (held ? 0 : pending) + unacked.againCount();
    }

    boolean hasAgain() {
        return unacked.hasAgain();
    }

    int heldCount() {
        return unacked.held().size();
    }

    /** Whether someone listens at its subject. */
    public boolean isBound() {
        Push current = push;
        return current != null && current.isActive();
    }

    Unacked unacked() {
        return unacked;
    }

    Pulls pulls() {
        return pulls;
    }

    /** As the API tells it. */
    public ObjectNode info() {
        return ConsumerInfo.of(this, lastDeliveredAt, lastAckedAt, zone.now());
    }
}
