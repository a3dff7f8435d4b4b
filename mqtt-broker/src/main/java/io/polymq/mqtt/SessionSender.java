package io.polymq.mqtt;

import io.polymq.codec.mqtt.PacketType;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.Allowance;
import io.polymq.mqtt.OutgoingWindow.Entry;
import io.polymq.mqtt.OutgoingWindow.State;
import io.polymq.storage.StorageException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a session's QoS 1 and 2 messages to its client: as many at once as its window takes, in
 * order, again after a reconnect. Zone of the session.
 */
final class SessionSender {

    private static final Logger LOG = LoggerFactory.getLogger(SessionSender.class);
    private static final int LOADED_AT_ONCE = 256;

    private final Session session;
    private final MqttShared shared;
    private long firstNumber;
    private @Nullable OutgoingWindow window;
    private final Deque<Runnable> waiting = new ArrayDeque<>(0);
    private boolean pumping;
    private boolean loading;

    /** Read by others as a hint. */
    private volatile int inFlightHint;

    SessionSender(Session session, MqttShared shared, long firstNumber) {
        this.session = session;
        this.shared = shared;
        this.firstNumber = firstNumber;
    }

    int inFlight() {
        return inFlightHint;
    }

    OutgoingWindow window() {
        OutgoingWindow known = window;
        if (known == null) {
            known = new OutgoingWindow(firstNumber);
            window = known;
        }
        return known;
    }

    /** Whether so much waits that what can come later should. */
    boolean isBusy() {
        return window != null && window.queued() >= shared.settings().retainedBatch();
    }

    /** Runs the task when it is no longer busy; in the session's zone. */
    void whenIdle(Runnable task) {
        waiting.add(task);
    }

    /** Recovery knows that numbers below this one were used. */
    void startAt(long number) {
        if (window != null) {
            window.skipTo(number);
        } else {
            firstNumber = Math.max(firstNumber, number);
        }
    }

    /** Number of the next message. */
    long nextNumber() {
        return window == null ? firstNumber : window.tail();
    }

    /**
     * Takes a message: sends it at once when nothing is in front of it and the window has room,
     * else queues it.
     *
     * @param receipt hears when the message is safe, if this session has to keep it so
     * @return false when the queue is full and gives up the newest, or when the tenant may store no
     *     more and its client is away
     */
    boolean offer(
            Message message,
            MqttSubscription subscription,
            int qos,
            boolean retain,
            @Nullable Receipt receipt) {
        OutgoingWindow w = window();
        boolean persistent = session.isPersistent() && qos > 0;
        SessionJournal journal = shared.journal();
        boolean waits = persistent && journal != null && !session.isConnected();
        if (waits && !mayStore(receipt) || !hasRoom(w, message, qos)) {
            shared.metrics().dropped();
            return false;
        }
        MqttSubscription.Options options = subscription.options();
        Entry entry = w.add(qos, retain, options.subscriptionId(), message.payloadLength() + 64);
        entry.shared = subscription.group();
        boolean kept = persistent || entry.shared != null;
        if (kept) {
            entry.message = PublishForm.keep(message, shared.clock());
        }
        if (persistent && journal != null) {
            OwedShare target =
                    new OwedShare(
                            session, entry.number, qos, retain, options.subscriptionId(), false);
            entry.target = target;
            journal.write(target, PublishForm.keep(message, shared.clock()), receipt);
        }
        MqttConnection to = session.connection();
        if (to != null && w.peek() == entry && maySend(to, w, entry)) {
            send(to, w, entry, message);
        } else if (entry.message == null) {
            entry.message = PublishForm.keep(message, shared.clock());
        }
        inFlightHint = w.inFlight() + w.queued();
        return true;
    }

    /** Whether the tenant may store more; if not, the publisher hears why. */
    private boolean mayStore(@Nullable Receipt receipt) {
        Allowance allowance = shared.tenantLimits().allowance(session.key().tenant());
        if (!allowance.isUsed()) {
            return true;
        }
        StorageException why = allowance.refusal();
        if (receipt != null) {
            receipt.expect();
            receipt.done(why);
        }
        return false;
    }

    /** Whether the message may be queued, if need be in the place of others (4.9, overload). */
    private boolean hasRoom(OutgoingWindow w, Message message, int qos) {
        if (!w.hasNumber(shared.settings().maxQueuedMessages())) {
            return false;
        }
        while (isFull(w, message)) {
            Entry victim = victim(w, qos);
            if (victim == null) {
                return false;
            }
            finish(victim);
            shared.metrics().dropped();
        }
        return true;
    }

    private boolean isFull(OutgoingWindow w, Message message) {
        MqttSettings settings = shared.settings();
        int waiting = w.queued();
        boolean tooMany = waiting >= settings.maxQueuedMessages();
        long bytes = w.queuedBytes() + message.payloadLength();
        return tooMany || waiting > 0 && bytes > settings.maxQueuedBytes();
    }

    /** QoS 0 goes before the others, whatever the policy; null: what comes is given up. */
    private @Nullable Entry victim(OutgoingWindow w, int qos) {
        boolean oldestGoes = shared.settings().overflow() == MqttSettings.Overflow.DROP_OLDEST;
        Entry oldest = w.oldestQueued();
        if (qos == 0) {
            return oldestGoes && oldest != null && oldest.qos == 0 ? oldest : null;
        }
        Entry qos0 = w.oldestQos0();
        if (qos0 != null) {
            return qos0;
        }
        return oldestGoes ? oldest : null;
    }

    private boolean maySend(MqttConnection to, OutgoingWindow w, Entry entry) {
        if (!to.canSend()) {
            return false;
        }
        if (entry.state == State.RELEASED || entry.qos == 0) {
            return true;
        }
        boolean mustBeSafe = entry.qos == 2 && entry.target != null && !entry.stored;
        return !mustBeSafe && w.inFlight() < to.sendWindow() && w.hasIdentifier();
    }

    /** Sends what may be sent now. */
    void pump() {
        OutgoingWindow w = window;
        MqttConnection to = session.connection();
        if (w == null || to == null || pumping) {
            return;
        }
        pumping = true;
        try {
            Entry entry = w.peek();
            while (entry != null && maySend(to, w, entry)) {
                if (!sendAgain(to, w, entry)) {
                    break;
                }
                entry = w.peek();
            }
        } finally {
            pumping = false;
        }
        inFlightHint = w.inFlight() + w.queued();
        if (!waiting.isEmpty() && !isBusy()) {
            waiting.poll().run();
        }
    }

    /** Sends a queued or unfinished one; false when its content has to be read first. */
    private boolean sendAgain(MqttConnection to, OutgoingWindow w, Entry entry) {
        if (entry.state == State.RELEASED) {
            to.sendAck(PacketType.PUBREL, entry.packetId());
            w.sent(entry, false);
            return true;
        }
        KeptMessage kept = entry.message;
        if (kept == null) {
            SessionJournal journal = shared.journal();
            if (journal != null && entry.target != null) {
                load(journal, w, entry.target);
                return false;
            }
            finish(entry);
            return true;
        }
        Message message = kept.lendTo(session.zone().replay());
        boolean first = entry.state == State.QUEUED;
        if (first
                && !shared.access().mayRead(session.principal(), session.peer(), kept.subject())) {
            finish(entry);
            return true;
        }
        send(to, w, entry, message);
        return true;
    }

    private void send(MqttConnection to, OutgoingWindow w, Entry entry, Message message) {
        boolean again = entry.state == State.SENT;
        int how = entry.qos | (entry.retain ? PublishForm.RETAIN : 0);
        how |= again ? PublishForm.DUP : 0;
        int id = entry.qos == 0 ? 0 : entry.packetId();
        boolean sent = to.sendPublish(message, how, entry.subscriptionId, id, again);
        w.sent(entry, sent && entry.qos > 0);
        if (!sent || entry.qos == 0) {
            finish(entry);
        } else {
            w.become(entry, State.SENT);
            entry.sentAt = again ? entry.sentAt : shared.clock().millis();
        }
    }

    /** Done with a message, one way or the other. */
    void finish(Entry entry) {
        SessionJournal journal = shared.journal();
        OwedShare target = entry.target;
        if (target != null && journal != null) {
            journal.finish(target);
        }
        window().done(entry);
    }

    // What the client answers.

    /** PUBACK, or PUBREC with an error, or PUBCOMP: the end of a message. */
    void onEnd(Entry entry) {
        shared.acknowledgedAfter(shared.clock().millis() - entry.sentAt, session.key());
        finish(entry);
        pump();
    }

    /** PUBREC: the message is the client's; PUBREL follows once that is safe. */
    void onReceived(Entry entry) {
        SessionJournal journal = shared.journal();
        boolean first = entry.state == State.SENT;
        if (first) {
            window().released(entry);
        }
        int id = entry.packetId();
        MqttConnection to = session.connection();
        OwedShare target = entry.target;
        if (first && target != null && journal != null) {
            journal.release(target, () -> sendRelease(target, id));
        } else if (to != null) {
            to.sendAck(PacketType.PUBREL, id);
        }
    }

    private void sendRelease(OwedShare target, int id) {
        OutgoingWindow w = window;
        MqttConnection to = session.connection();
        Entry entry = w == null ? null : w.find(id);
        if (to != null && entry != null && entry.target == target) {
            to.sendAck(PacketType.PUBREL, id);
        }
    }

    /** The journal has the message safe. */
    void onStored(OwedShare target) {
        OutgoingWindow w = window;
        if (w == null || target.number() < w.floor() || target.number() >= w.tail()) {
            return;
        }
        Entry entry = w.at(target.number());
        if (entry.target != target) {
            return;
        }
        entry.stored = true;
        if (!session.isConnected()) {
            entry.message = null;
        } else if (entry.qos == 2) {
            pump();
        }
    }

    /** Reads the contents of what is next to be sent. */
    private void load(SessionJournal journal, OutgoingWindow w, OwedShare first) {
        if (loading) {
            return;
        }
        loading = true;
        Map<Long, Long> numbers = new HashMap<>();
        long end = Math.min(w.tail(), w.next() + LOADED_AT_ONCE);
        for (long number = w.next(); number < end; number++) {
            OwedShare target = w.at(number).target;
            if (target != null && w.at(number).message == null && target.offset() >= 0) {
                numbers.put(target.offset(), number);
            }
        }
        Map<Long, KeptMessage> found = new HashMap<>();
        journal.read(
                        first.offset(),
                        (offset, timestamp, event) -> {
                            Long number = numbers.get(offset);
                            if (number != null && event instanceof JournalCodec.Stored stored) {
                                found.put(number, stored.publication().keep());
                            }
                        })
                .whenComplete(
                        (done, failure) -> session.run(() -> onLoaded(first, found, failure)));
    }

    private void onLoaded(
            OwedShare first, Map<Long, KeptMessage> found, @Nullable Throwable failure) {
        loading = false;
        OutgoingWindow w = window;
        if (w == null) {
            return;
        }
        found.forEach(
                (number, message) -> {
                    if (number >= w.next() && number < w.tail()) {
                        Entry entry = w.at(number);
                        if (entry.target != null && entry.message == null) {
                            entry.message = message;
                        }
                    }
                });
        if (failure != null || !found.containsKey(first.number())) {
            unreadable(w, first, failure);
        }
        pump();
    }

    /** A message that cannot be read any more does not hold up those behind it. */
    private void unreadable(OutgoingWindow w, OwedShare target, @Nullable Throwable failure) {
        LOG.atError()
                .addKeyValue("session", session)
                .setCause(failure)
                .log("a stored message cannot be read and is given up");
        shared.metrics().dropped();
        if (target.number() >= w.floor() && target.number() < w.tail()) {
            Entry entry = w.at(target.number());
            if (entry.target == target) {
                finish(entry);
            }
        }
    }

    void onDetached() {
        waiting.clear();
        OutgoingWindow w = window;
        if (w == null) {
            return;
        }
        handOverShared(w);
        w.rewind();
        if (w.isEmpty() && !session.isPersistent()) {
            window = null;
        } else if (shared.journal() != null) {
            forgetSafeContents(w);
        }
        inFlightHint = 0;
    }

    /** What is in the journal is read again when the client comes back. */
    private static void forgetSafeContents(OutgoingWindow w) {
        for (long number = w.floor(); number < w.tail(); number++) {
            Entry entry = w.at(number);
            if (entry.stored) {
                entry.message = null;
            }
        }
    }

    /** Messages of shared subscriptions that this client did not finish go to other members. */
    private void handOverShared(OutgoingWindow w) {
        for (long number = w.floor(); number < w.tail(); number++) {
            Entry entry = w.at(number);
            SharedGroup group = entry.shared;
            KeptMessage kept = entry.message;
            boolean movable = entry.state == State.QUEUED || entry.state == State.SENT;
            if (group == null || kept == null || !movable) {
                continue;
            }
            if (entry.qos == 2 && entry.state == State.SENT && session.isPersistent()) {
                continue;
            }
            OwedShare target = entry.target;
            Receipt receipt = new Receipt(failure -> onHandedOver(target, failure));
            if (group.redeliver(kept, entry.qos, session, receipt)) {
                w.done(entry);
                receipt.seal();
            }
        }
    }

    /** The other has it safe: this session owes it no longer. Any thread. */
    private void onHandedOver(@Nullable OwedShare target, @Nullable Throwable failure) {
        SessionJournal journal = shared.journal();
        if (failure == null && target != null && journal != null) {
            journal.finish(target);
        }
    }

    void onEnded() {
        OutgoingWindow w = window;
        if (w != null) {
            handOverShared(w);
            for (long number = w.floor(); number < w.tail(); number++) {
                finish(w.at(number));
            }
        }
        window = null;
        inFlightHint = 0;
    }
}
