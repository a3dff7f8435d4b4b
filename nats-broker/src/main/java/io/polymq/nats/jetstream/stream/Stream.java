package io.polymq.nats.jetstream.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Capture;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Topic;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.Publishing.Draft;
import io.polymq.nats.subject.SubjectTransform;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream: a topic's intake, its index, its limits, its readers. {@link #take} and {@link
 * #isEnded} are for any thread, everything else for the shard zone.
 *
 * <pre>
 *   LOADING -- records are read --> READY -- an append failed --> LOADING
 *      '------------- deleted -------'--------> ENDED
 * </pre>
 */
public final class Stream implements Topic.Intake, StreamLog.Owner {

    private static final Logger LOG = LoggerFactory.getLogger(Stream.class);
    private static final long MAX_WAITING_BYTES = 128L << 20;
    private static final long TRIM_AFTER = 1000;

    private enum State {
        LOADING,
        READY,
        ENDED
    }

    private record After(long sequence, Runnable action) {}

    private final Parts parts;
    private final Home home;
    private final Publishing publishing;
    private final Expiry expiry;
    private final Scheduled scheduled;
    private final Sourcing sourcing;
    private final ProducedBatches produced;
    private final Timer trimmer;
    private final AtomicLong waitingBytes = new AtomicLong();
    private final List<Reader> readers = new ArrayList<>();
    private final List<Sourcing> followers = new ArrayList<>();
    private final ArrayDeque<After> afters = new ArrayDeque<>();
    private final long created;
    private Topic topic;
    private StreamConfig config;
    private MessageIndex index = new MessageIndex();
    private StreamLog log;
    private volatile State state = State.LOADING;
    private long safe;
    private long lastTime;
    private long trimmed;
    private @Nullable SubjectTransform transform;
    private Republisher republisher;
    private boolean remembers;
    private CompletableFuture<Stream> ready = new CompletableFuture<>();

    public Stream(Parts parts, Home home, Topic topic, StoredStream stored) {
        this.parts = parts;
        this.home = home;
        this.topic = topic;
        this.config = stored.config();
        this.created = stored.created();
        this.republisher = new Republisher(config, parts.outlet());
        this.publishing = new Publishing(this, parts);
        this.expiry = new Expiry(this, parts);
        this.scheduled = new Scheduled(this, parts);
        this.sourcing = new Sourcing(this, parts, home);
        this.produced = new ProducedBatches(this, parts);
        this.trimmer = new Timer(parts.zone(), this::trimNow);
        this.log = new StreamLog(parts, topic, form(stored), durability(), this);
        configure();
        topic.intake(this);
        load(stored.base());
    }

    // Life.

    private RecordForm form(StoredStream stored) {
        Subject own =
                config.filters().size() == 1 && config.filters().getFirst().subject() != null
                        ? java.util.Objects.requireNonNull(config.filters().getFirst().subject())
                        : Subject.ofDotted(config.name());
        return new RecordForm(parts.records(), stored.captures(), own);
    }

    private Durability durability() {
        if (config.inMemory()) {
            return Durability.MEMORY;
        }
        return config.fields().text("persist_mode").equals("async")
                ? Durability.OS
                : Durability.SYNC;
    }

    private void configure() {
        publishing.named(config.name(), home.domain());
        publishing.batches().rules().configured(config, now());
        Fields mapped = config.fields().object("subject_transform");
        transform =
                mapped == null
                        ? null
                        : SubjectTransform.of(mapped.text("src"), mapped.text("dest"));
        republisher = new Republisher(config, parts.outlet());
        remembers = config.counter();
        log.cacheBudget(home.cacheBudget());
    }

    private void load(long base) {
        state = State.LOADING;
        publishing.hold();
        log.begin(base);
        RecordForm form = form(StoredStream.of(topic, config, created));
        long idsSince = now() - config.windowMillis();
        boolean memory = config.inMemory();
        long perSubject = config.newPerSubject() ? 0 : config.maxPerSubject();
        StreamLog from = log;
        parts.blocking()
                .execute(
                        () -> {
                            try {
                                Recovery found =
                                        Recovery.read(
                                                from.shard(),
                                                from,
                                                form,
                                                base,
                                                memory,
                                                perSubject,
                                                idsSince);
                                parts.zone().offer(() -> loaded(found));
                            } catch (java.io.IOException | RuntimeException e) {
                                parts.zone().offer(() -> unreadable(e));
                            }
                        });
    }

    private void unreadable(Exception why) {
        LOG.atError()
                .addKeyValue("stream", name())
                .setCause(why)
                .log("a stream cannot be read; it stays closed");
        ready.completeExceptionally(why);
    }

    private void loaded(Recovery found) {
        if (state == State.ENDED) {
            return;
        }
        state = State.READY;
        home.used(config.inMemory(), found.index.bytes() - index.bytes());
        index = found.index;
        safe = index.last();
        lastTime = found.lastTime;
        trimmed = index.first();
        publishing.batches().rules().recovered(found);
        expiry.recovered(found);
        scheduled.recovered(found);
        sourcing.recovered(found);
        produced.recovered(found);
        enforce();
        ready.complete(this);
        publishing.resume();
        sourcing.wake();
        signal();
    }

    /** Completes when what is stored has been read. */
    public CompletableFuture<Stream> ready() {
        return ready;
    }

    public boolean isReady() {
        return state == State.READY;
    }

    boolean isEnded() {
        return state == State.ENDED;
    }

    /** Another configuration of the same stream. */
    public void change(Topic now, StreamConfig next) {
        topic = now;
        config = next;
        now.intake(this);
        log.change(form(StoredStream.of(now, next, created)), durability());
        configure();
        sourcing.configured();
        enforce();
        expiry.arm();
        signal();
    }

    /** It is deleted, or the account ends. */
    public void close() {
        state = State.ENDED;
        topic.intake(null);
        publishing.batches().close();
        publishing.close();
        expiry.close();
        scheduled.close();
        sourcing.close();
        trimmer.stop();
    }

    @Override
    public void broken(Throwable why) {
        if (state != State.READY) {
            return;
        }
        LOG.atError()
                .addKeyValue("stream", name())
                .addKeyValue("reason", why.toString())
                .log("appends failed; the stream is read anew");
        publishing.hold();
        state = State.LOADING;
        reloadWhenIdle();
    }

    private void reloadWhenIdle() {
        if (state == State.ENDED) {
            return;
        }
        if (log.isIdle()) {
            load(log.base());
        } else {
            new Timer(parts.zone(), this::reloadWhenIdle).in(20);
        }
    }

    // What comes: any thread.

    @Override
    public int take(
            Message message, @Nullable AppendListener listener, Capture.@Nullable Fanout live) {
        Receipt receipt = listener == null ? message.receipt() : null;
        if (receipt != null) {
            receipt.expect();
        }
        KeptMessage kept = message.keep();
        Publish publish = new Publish(this, kept, receipt, listener);
        if (topic.allowance().isUsed()) {
            StorageException why = topic.allowance().refusal();
            publish.reply = message.replyTo();
            if (!parts.zone().offer(() -> publishing.beyondQuota(publish, why))) {
                publish.done(ended());
            }
        } else if (waitingBytes.addAndGet(kept.size()) > MAX_WAITING_BYTES) {
            waitingBytes.addAndGet(-kept.size());
            publish.reply = message.replyTo();
            if (!parts.zone()
                    .offer(
                            () ->
                                    publishing.refuse(
                                            publish, ApiError.TOO_MANY_REQUESTS.exception()))) {
                publish.done(ended());
            }
        } else if (!parts.zone().offer(publish)) {
            publish.done(ended());
        }
        return 1 + (live == null ? 0 : live.deliver(message));
    }

    private static StorageException ended() {
        return new StorageException(StorageException.Kind.CLOSED, "the broker ends");
    }

    @Override
    public void take(
            int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
        if (!parts.zone().offer(() -> takeBatches(batches, durability, listener))) {
            listener.appended(-1, -1, ended());
        }
    }

    private void takeBatches(ByteBuffer batches, Durability durability, AppendListener listener) {
        if (state == State.LOADING) {
            ready.whenComplete(
                    (done, failure) ->
                            parts.zone().offer(() -> takeBatches(batches, durability, listener)));
            return;
        }
        if (state == State.ENDED || config.sealed() || config.isMirror()) {
            listener.appended(
                    -1,
                    -1,
                    new StorageException(
                            StorageException.Kind.UNAVAILABLE, name() + " takes no records"));
            return;
        }
        produced.take(form(StoredStream.of(topic, config, created)), batches, durability, listener);
    }

    /** A record of a Kafka producer stands behind all others. */
    void took(StreamMessage message) {
        int size = message.size(config.inMemory());
        long time = Math.max(lastTime, message.time());
        added(index.add(message.sequence(), message.subject(), size, time), message.sequence());
    }

    /** The zone has it. */
    void arrived(Publish publish) {
        waitingBytes.addAndGet(-publish.message.size());
    }

    // What is stored.

    Subject transformed(Subject subject) {
        SubjectTransform mapping = transform;
        String mapped = mapping == null ? null : mapping.apply(subject.toString());
        return mapped == null ? subject : Subject.ofDotted(mapped);
    }

    /** Whether nobody wants the message, so that only its sequence is used. */
    boolean isUnwanted(Subject subject) {
        if (config.retention() != StreamConfig.Retention.INTEREST) {
            return false;
        }
        SubjectEntry entry = index.entry(subject);
        SubjectEntry asked = entry == null ? new SubjectEntry(-1, subject) : entry;
        for (Reader reader : readers) {
            if (reader.wants(asked)) {
                return false;
            }
        }
        return true;
    }

    /** Uses up a sequence; that one. */
    long passOver() {
        long sequence = index.last() + 1;
        index.skipTo(sequence);
        if (log.isIdle()) {
            safe = sequence;
        }
        return sequence;
    }

    void checkRoom(Draft draft) {
        Room.check(this, home, draft);
    }

    /** Stores a message that passed the checks; its sequence. */
    long store(Draft draft, Message message, StreamLog.Settler settler) {
        return store(draft, message, index.last() + 1, settler);
    }

    long store(Draft draft, Message message, long sequence, StreamLog.Settler settler) {
        long time = Math.max(lastTime, parts.zone().now());
        return store(draft, message, sequence, time, settler);
    }

    long store(Draft draft, Message message, long sequence, long time, StreamLog.Settler settler) {
        lastTime = Math.max(lastTime, time);
        SubjectEntry entry =
                index.add(sequence, draft.subject, draft.size(config.inMemory()), time);
        log.append(sequence, message, time, settler);
        if (!readers.isEmpty() || !followers.isEmpty() || remembers || draft.schedule != null) {
            log.remember(draft.at(sequence, time));
        }
        added(entry, sequence);
        if (draft.ttlMillis != 0) {
            expiry.took(
                    sequence,
                    draft.ttlMillis,
                    time,
                    HeaderBlock.has(draft.headers, MsgHeaders.MARKER));
        } else if (index.messages() == 1) {
            expiry.arm();
        }
        if (draft.rollup != null) {
            rollUp(draft.rollup, draft.subject, sequence);
        }
        if (draft.schedule != null) {
            scheduled.took(sequence, draft.schedule, time);
        }
        Limits.enforce(index, config, entry, this::remove);
        return sequence;
    }

    private void added(SubjectEntry entry, long sequence) {
        home.used(config.inMemory(), index.sizeAt(sequence));
        for (int i = 0; i < readers.size(); i++) {
            readers.get(i).stored(entry, sequence);
        }
    }

    private void rollUp(String what, Subject subject, long upTo) {
        if (what.equals("all")) {
            purge(null, upTo, 0);
        } else {
            purge(Filter.exactly(subject), upTo, 0);
        }
    }

    void enforce() {
        Limits.enforce(index, config, this::remove);
    }

    /** Removes one message; nothing happens when it is not there. */
    public boolean remove(long sequence) {
        if (!index.has(sequence)) {
            return false;
        }
        SubjectEntry entry = index.entryAt(sequence);
        home.used(config.inMemory(), -index.sizeAt(sequence));
        index.remove(sequence);
        log.removed(sequence);
        expiry.removed(sequence);
        for (int i = 0; i < readers.size(); i++) {
            readers.get(i).removed(entry, sequence);
        }
        if (index.first() > trimmed) {
            trimmer.within(TRIM_AFTER);
        }
        return true;
    }

    private CompletableFuture<Void> trimNow() {
        if (index.first() <= trimmed) {
            return CompletableFuture.completedFuture(null);
        }
        trimmed = index.first();
        return log.trim(Math.min(trimmed, safe + 1));
    }

    /** Removals so far survive what may come. */
    public CompletableFuture<Void> persistRemovals() {
        CompletableFuture<Void> cut = trimNow();
        CompletableFuture<Void> written = log.persistRemovals();
        return cut.thenCombine(written, (a, b) -> a);
    }

    public CompletableFuture<Void> erase(long sequence) {
        return log.erase(sequence).thenCombine(log.persistRemovals(), (a, b) -> a);
    }

    /**
     * Removes messages.
     *
     * @param filter of which subjects, null for all
     * @param before only those before this sequence; 0 for all
     * @param keep how many of the newest stay
     * @return how many were removed
     */
    public long purge(@Nullable Filter filter, long before, long keep) {
        long purged = Purge.of(index, filter, before, keep, this::remove);
        if (filter == null) {
            readers.forEach(reader -> reader.purged(index.first()));
        }
        return purged;
    }

    /** An empty stream goes on with this sequence. */
    public void goOnWith(long sequence) {
        log.rebase(sequence);
        index.reset(sequence);
        safe = sequence - 1;
        trimmed = sequence;
        readers.forEach(reader -> reader.purged(sequence));
        home.rebased(this);
    }

    /** Whether its numbers can be given a new beginning now. */
    public boolean mayRebase() {
        return index.messages() == 0 && log.isIdle();
    }

    // What is safe.

    @Override
    public void safe(long sequence) {
        safe = Math.max(safe, sequence);
        if (log.isIdle() || index.last() == sequence) {
            safe = Math.max(safe, index.last());
        }
        signal();
        while (!afters.isEmpty() && afters.getFirst().sequence() <= safe) {
            afters.remove().action().run();
        }
    }

    /** Runs the action once everything up to that sequence is safe. */
    void afterSafe(long sequence, Runnable action) {
        if (sequence <= safe && afters.isEmpty()) {
            action.run();
        } else {
            afters.add(new After(sequence, action));
        }
    }

    void signal() {
        for (int i = 0; i < readers.size(); i++) {
            readers.get(i).signal();
        }
        for (int i = 0; i < followers.size(); i++) {
            followers.get(i).wake();
        }
    }

    Republisher republisher() {
        return republisher;
    }

    // Readers.

    public void add(Reader reader) {
        readers.add(reader);
    }

    /** Its consumer is gone: what nobody else needs leaves as well. */
    public void drop(Reader reader) {
        readers.remove(reader);
        if (config.retention() == StreamConfig.Retention.INTEREST && state == State.READY) {
            for (long at = index.next(index.first()); at > 0; at = index.next(at + 1)) {
                if (reader.needs(index.entryAt(at), at)) {
                    release(at);
                }
            }
        }
    }

    /** A consumer has done with a message. */
    public void done(long sequence) {
        switch (config.retention()) {
            case WORKQUEUE -> remove(sequence);
            case INTEREST -> release(sequence);
            case LIMITS -> {}
        }
    }

    private void release(long sequence) {
        if (!index.has(sequence)) {
            return;
        }
        SubjectEntry entry = index.entryAt(sequence);
        for (Reader reader : readers) {
            if (reader.needs(entry, sequence)) {
                return;
            }
        }
        remove(sequence);
    }

    void follow(Sourcing follower) {
        if (!followers.contains(follower)) {
            followers.add(follower);
        }
    }

    void unfollow(Sourcing follower) {
        followers.remove(follower);
    }

    /** Publishes wait while it is held. */
    public void hold(boolean on) {
        if (on) {
            publishing.hold();
        } else {
            publishing.resume();
        }
    }

    /** Stores messages of a backup under the sequences that they had. */
    public CompletableFuture<Void> restore(List<StreamMessage> messages) {
        return Restoring.store(this, messages);
    }

    /** A message that is in memory; null when it has to be fetched, or is not there. */
    public @Nullable StreamMessage cached(long sequence) {
        return isHidden(sequence) ? null : log.cached(sequence);
    }

    /** Reads a message, then runs the action in the zone; with null when it is not there. */
    public void fetch(long sequence, Consumer<@Nullable StreamMessage> then) {
        fetch(sequence, false, then);
    }

    /** The same for whoever goes on with those behind it. */
    public void fetchOnward(long sequence, Consumer<@Nullable StreamMessage> then) {
        fetch(sequence, true, then);
    }

    private void fetch(long sequence, boolean onward, Consumer<@Nullable StreamMessage> then) {
        if (!index.has(sequence) || isHidden(sequence)) {
            then.accept(null);
            return;
        }
        StreamMessage known = log.cached(sequence);
        if (known != null) {
            then.accept(known);
        } else if (sequence > safe) {
            afterSafe(sequence, () -> fetch(sequence, onward, then));
        } else if (onward) {
            log.fetchOnward(sequence, then);
        } else {
            log.fetch(sequence, then);
        }
    }

    /** Whether it waits for the end of a Kafka transaction. */
    public boolean isHidden(long sequence) {
        return sequence >= produced.hiddenFrom();
    }

    /** The record cannot be read: it is no longer there, whoever removed it. */
    public void lost(long sequence) {
        remove(sequence);
    }

    void advise(String type, String kind, ObjectNode body) {
        home.advise(type, "STREAM." + kind + '.' + name(), body);
    }

    boolean captures(Subject subject) {
        for (Filter filter : config.filters()) {
            if (filter.matches(subject)) {
                return true;
            }
        }
        return false;
    }

    // What it is.

    public String name() {
        return config.name();
    }

    public StreamConfig config() {
        return config;
    }

    public Topic topic() {
        return topic;
    }

    public long created() {
        return created;
    }

    public MessageIndex index() {
        return index;
    }

    /** Everything up to this sequence may be read. */
    public long safe() {
        return Math.min(safe, produced.hiddenFrom() - 1);
    }

    /** When the last message came, in milliseconds since 1970; 0 for never. */
    public long lastTime() {
        return lastTime;
    }

    public long base() {
        return log.base();
    }

    StreamLog log() {
        return log;
    }

    public Sourcing sourcing() {
        return sourcing;
    }

    Publishing publishing() {
        return publishing;
    }

    public List<Reader> readers() {
        return readers;
    }

    public long now() {
        return parts.zone().now();
    }
}
