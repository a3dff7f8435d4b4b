package io.polymq.mqtt;

import static java.util.Objects.requireNonNull;

import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.netty.util.concurrent.ScheduledFuture;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the broker keeps for one client (4.1): subscriptions, messages owed to it, QoS 2 messages
 * that it has not released, its will. Lives in one {@link SessionZone}: its connection's loop, or
 * the background's while it has none. What publishers call ({@code deliver...}) is for any thread.
 */
final class Session {

    /** Session expiry that never ends (3.1.2.11.2). */
    static final long FOREVER = 0xFFFF_FFFFL;

    /** A mailbox takes so many at least: its zone decides what a full queue gives up. */
    private static final int LEAST_MAILED = 1024;

    private static final int MAILED_SHIFT = 40;
    private static final long ONE_MAILED = 1L << MAILED_SHIFT;

    private final MqttShared shared;
    private final SessionKey key;
    private final long number;
    private final Map<String, MqttSubscription> subscriptions = new HashMap<>(4);

    /**
     * What publishers have handed in and the zone has not taken: bytes, and above them how many.
     */
    private final AtomicLong mailed = new AtomicLong();

    private final SessionSender sender;

    /** In the order in which each publisher handed it in, wherever the session moves meanwhile. */
    private volatile @Nullable Queue<Delivery> mail;

    private volatile SessionZone zone;
    private volatile @Nullable MqttConnection connection;
    private volatile Principal principal;
    private volatile Credentials.Peer peer;
    private volatile long expirySeconds;
    private volatile boolean ended;

    private @Nullable IntObjectMap<IncomingMessage> incoming;
    private @Nullable CompletableFuture<Void> releasing;
    private int serial;
    private @Nullable Will will;
    private long detachedAt;
    private boolean saved;
    private @Nullable ScheduledFuture<?> expiry;

    /** The will and how long it waits. */
    record Will(MqttPacket.Will packet, long delaySeconds) {}

    Session(
            MqttShared shared,
            SessionKey key,
            long number,
            SessionZone zone,
            Principal principal,
            Credentials.Peer peer,
            long firstNumber) {
        this.shared = shared;
        this.key = key;
        this.number = number;
        this.zone = zone;
        this.principal = principal;
        this.peer = peer;
        this.sender = new SessionSender(this, shared, firstNumber);
        this.serial = (int) shared.clock().millis();
    }

    void leaveExclusive(Subscriptions.Target target) {
        shared.subscriptions().leaveExclusive(this, target);
    }

    void leaveShared(String filter) {
        shared.subscriptions().leave(this, filter);
    }

    boolean upgradesQos() {
        return shared.settings().upgradeQos();
    }

    MqttAccess access() {
        return shared.access();
    }

    SessionKey key() {
        return key;
    }

    /** Names it in the journal. */
    long number() {
        return number;
    }

    SessionZone zone() {
        return zone;
    }

    SessionSender sender() {
        return sender;
    }

    Principal principal() {
        return principal;
    }

    Credentials.Peer peer() {
        return peer;
    }

    boolean hasEnded() {
        return ended;
    }

    boolean isConnected() {
        return connection != null;
    }

    @Nullable MqttConnection connection() {
        return connection;
    }

    /** 0 when it has no connection. */
    long connectionId() {
        MqttConnection c = connection;
        return c == null ? 0 : c.id();
    }

    /** Whether it outlives its connection. */
    boolean isPersistent() {
        return expirySeconds > 0;
    }

    long expirySeconds() {
        return expirySeconds;
    }

    void expirySeconds(long seconds) {
        expirySeconds = seconds;
    }

    /** Whether something of it is stored. */
    boolean isSaved() {
        return saved;
    }

    void saved() {
        saved = true;
    }

    long detachedAt() {
        return detachedAt;
    }

    void detachedAt(long millis) {
        detachedAt = millis;
    }

    void expiry(ScheduledFuture<?> timer) {
        expiry = timer;
    }

    int inFlight() {
        return sender.inFlight() + (int) (mailed.get() >>> MAILED_SHIFT);
    }

    Map<String, MqttSubscription> subscriptions() {
        return subscriptions;
    }

    @Nullable Will will() {
        return will;
    }

    void will(@Nullable Will changed) {
        will = changed;
    }

    IntObjectMap<IncomingMessage> incoming() {
        IntObjectMap<IncomingMessage> known = incoming;
        if (known == null) {
            known = new IntObjectHashMap<>(8);
            incoming = known;
        }
        return known;
    }

    /** It was handed over; another one may have its identifier by now. */
    void forgetIncoming(int packetId, IncomingMessage message) {
        if (incoming != null && incoming.get(packetId) == message) {
            incoming.remove(packetId);
        }
    }

    /** What tells one incoming message from another that had the same packet identifier. */
    int nextSerial() {
        return ++serial;
    }

    /** When the last of the messages that it releases now was handed on; null when none is. */
    @Nullable CompletableFuture<Void> releasing() {
        CompletableFuture<Void> last = releasing;
        return last == null || last.isDone() ? null : last;
    }

    void releasing(CompletableFuture<Void> last) {
        releasing = last;
    }

    int unreleased() {
        return incoming == null ? 0 : incoming.size();
    }

    /** Bytes of what the client has not released. */
    long unreleasedBytes() {
        long bytes = 0;
        if (incoming != null) {
            for (IncomingMessage message : incoming.values()) {
                bytes += message.message.size();
            }
        }
        return bytes;
    }

    /** Runs the task where the session lives, wherever that is by then. */
    void run(Runnable task) {
        SessionZone now = zone;
        now.run(
                () -> {
                    if (zone == now) {
                        task.run();
                    } else {
                        run(task);
                    }
                });
    }

    // Life: in the zone.

    /** Moves to another zone; the caller goes on there. */
    void moveTo(SessionZone next) {
        assert zone.isHere();
        zone = next;
    }

    void attach(MqttConnection to, Principal owner, Credentials.Peer from) {
        assert zone.isHere();
        principal = owner;
        peer = from;
        connection = to;
        if (expiry != null) {
            expiry.cancel(false);
            expiry = null;
        }
        if (incoming != null) {
            for (IncomingMessage message : incoming.values()) {
                message.repeats = 0;
            }
        }
        for (MqttSubscription subscription : subscriptions.values()) {
            subscription.connected(true);
            subscription.forgetGrant();
        }
    }

    void detach() {
        assert zone.isHere();
        for (MqttSubscription subscription : subscriptions.values()) {
            subscription.connected(false);
        }
        connection = null;
        sender.onDetached();
    }

    void end() {
        assert zone.isHere();
        ended = true;
        for (MqttSubscription subscription : subscriptions.values()) {
            subscription.close();
        }
        subscriptions.clear();
        sender.onEnded();
        will = null;
        incoming = null;
    }

    // Delivery: any thread.

    boolean deliverQos0(
            Message message, MqttSubscription subscription, MqttSubscription.Options options) {
        MqttConnection to = connection;
        if (to != null) {
            return to.sendQos0(message, options);
        }
        boolean waits = shared.settings().queueQos0Offline() && isPersistent() && !ended;
        return waits && mail(message, subscription, 0);
    }

    boolean deliver(Message message, MqttSubscription subscription, int qos) {
        if (ended || connection == null && !isPersistent()) {
            return false;
        }
        if (shared.replays().hasGot(message, number)) {
            return true;
        }
        SessionZone here = zone;
        if (here.isHere() && mailed.get() == 0) {
            boolean retain =
                    subscription.options().retainAsPublished() && MqttHeader.retain(message);
            return sender.offer(message, subscription, qos, retain, message.receipt());
        }
        return mail(message, subscription, qos);
    }

    private boolean mail(Message message, MqttSubscription subscription, int qos) {
        if (!mayMail(message.payloadLength())) {
            return false;
        }
        Receipt receipt = isPersistent() && qos > 0 ? message.receipt() : null;
        if (receipt != null) {
            receipt.forward();
        }
        post(new Delivery(subscription, message.keep(), qos, receipt));
        return true;
    }

    private void post(Delivery delivery) {
        Queue<Delivery> known = mail;
        (known == null ? firstMail() : known).add(delivery);
        zone.post(this);
    }

    private synchronized Queue<Delivery> firstMail() {
        Queue<Delivery> known = mail;
        if (known == null) {
            known = new ConcurrentLinkedQueue<>();
            mail = known;
        }
        return known;
    }

    /** Whether one more fits; if so it is counted until the zone takes it. */
    private boolean mayMail(int bytes) {
        long now = mailed.addAndGet(ONE_MAILED + bytes);
        long waiting = now >>> MAILED_SHIFT;
        MqttSettings settings = shared.settings();
        boolean tooMany = waiting > Math.max(LEAST_MAILED, settings.maxQueuedMessages());
        if (tooMany || waiting > 1 && (now & ONE_MAILED - 1) > settings.maxQueuedBytes()) {
            mailed.addAndGet(-ONE_MAILED - bytes);
            shared.metrics().dropped();
            return false;
        }
        return true;
    }

    /** A retained message for a new subscription; in the session's zone. */
    void deliverRetained(Message message, MqttSubscription subscription) {
        MqttConnection to = connection;
        if (to == null || !subscription.mayRead(message.subject())) {
            return;
        }
        MqttSubscription.Options options = subscription.options();
        int qos = subscription.qosFor(MqttHeader.qos(message));
        if (qos == 0) {
            to.sendRetained(message, options);
        } else {
            sender.offer(message, subscription, qos, true, null);
        }
    }

    /**
     * A message that another member of a shared subscription did not finish.
     *
     * @param qos that it was owed with there
     * @param receipt done when this session has it safe
     */
    boolean redeliver(
            KeptMessage message, int qos, MqttSubscription subscription, Receipt receipt) {
        if (ended || !mayMail(message.payload().length)) {
            return false;
        }
        receipt.forward();
        int most = subscription.qosFor(qos);
        post(new Delivery(subscription, message, most, receipt));
        return true;
    }

    /**
     * There is mail from another thread: the oldest is taken, which need not be the one that its
     * zone was told of, as the session may have moved here since.
     */
    void onMail() {
        SessionZone now = zone;
        if (!now.isHere()) {
            now.post(this);
            return;
        }
        Delivery delivery = requireNonNull(requireNonNull(mail).poll());
        mailed.addAndGet(-ONE_MAILED - delivery.message().payload().length);
        Receipt receipt = delivery.receipt();
        if (!ended) {
            Message message = delivery.message().lendTo(now.replay());
            MqttSubscription to = delivery.subscription();
            boolean retain = to.options().retainAsPublished() && MqttHeader.retain(message);
            sender.offer(message, to, delivery.qos(), retain, receipt);
        } else {
            handOn(delivery);
        }
        if (receipt != null) {
            receipt.forwarded();
        }
    }

    /** It ended meanwhile: another member of the shared subscription may have the message. */
    private void handOn(Delivery delivery) {
        SharedGroup group = delivery.subscription().group();
        if (group != null) {
            Receipt known = delivery.receipt();
            Receipt receipt = known == null ? new Receipt(failure -> {}) : known;
            group.redeliver(delivery.message(), delivery.qos(), this, receipt);
        }
    }

    @Override
    public String toString() {
        return key.clientId() + "@" + key.tenant();
    }
}
