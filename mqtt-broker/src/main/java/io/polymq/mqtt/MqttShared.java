package io.polymq.mqtt;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Router;
import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.service.RetainedMessages;
import io.polymq.core.service.SlowConsumers;
import io.polymq.core.service.TenantLimits;
import io.polymq.storage.ShardStore;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all connections and sessions of the broker use. Shared, immutable but for its parts. */
final class MqttShared {

    private static final Logger LOG = LoggerFactory.getLogger(MqttShared.class);
    private static final String PROTOCOL = "mqtt";

    private final MqttSettings settings;
    private final InstantSource clock;
    private final Router router;
    private final MqttAccess access;
    private final MqttMetrics metrics;
    private final RetainedMessages retained;
    private final TenantLimits tenantLimits;
    private final @Nullable BrokerEvents happenings;
    private final @Nullable SessionStore store;
    private final Sessions sessions;
    private final Subscriptions subscriptions;
    private final Wills wills;
    private final TopicRewrite rewrite;
    private final ClientEvents events;
    private final Flapping flapping;
    private final DelayedPublish delayed;
    private final Replays replays = new Replays();
    private final ClientTrace trace;
    private final TenantByDoor tenants;
    private final SlowConsumers slow;
    private final long slowFromMillis;
    private final SessionZone background;
    private final Map<EventExecutor, SessionZone> zones = new ConcurrentHashMap<>();

    MqttShared(
            MqttBrokerServerParams params,
            EventExecutor backgroundExecutor,
            EventExecutor journalExecutor) {
        settings = params.settings();
        clock = params.clock();
        router = params.router();
        access = new MqttAccess(params.security());
        metrics = new MqttMetrics(params.metrics());
        background = new SessionZone(backgroundExecutor, router);
        retained = params.retained();
        tenantLimits = params.tenants();
        happenings = params.happenings();
        ShardStore shards = params.shards();
        store = shards == null ? null : SessionStore.open(shards, settings, clock, journalExecutor);
        sessions = new Sessions(this);
        subscriptions = new Subscriptions(this);
        wills = new Wills(this);
        rewrite = new TopicRewrite(settings.rewrite());
        events = new ClientEvents(this, settings.clientEvents());
        flapping = new Flapping(settings, clock);
        delayed = new DelayedPublish(this, params.delayed());
        trace = new ClientTrace(settings.trace(), clock, Thread::startVirtualThread);
        tenants = new TenantByDoor(settings.tenants());
        slow = params.slow();
        slowFromMillis = settings.slowThreshold().toMillis();
    }

    MqttSettings settings() {
        return settings;
    }

    InstantSource clock() {
        return clock;
    }

    Router router() {
        return router;
    }

    MqttAccess access() {
        return access;
    }

    TenantLimits tenantLimits() {
        return tenantLimits;
    }

    /** A session's time is up. */
    void tellExpired(Session session) {
        BrokerEvents heard = happenings;
        if (heard != null && heard.isHeard()) {
            heard.tell(new BrokerEvent.SessionExpired(clock.millis(), client(session)));
        }
    }

    /** A client has subscribed or no longer is; in MQTT's spelling. */
    void tellSubscribed(Session session, String filter, boolean now) {
        BrokerEvents heard = happenings;
        if (heard != null && heard.isHeard()) {
            long at = clock.millis();
            heard.tell(
                    now
                            ? new BrokerEvent.Subscribed(at, client(session), filter)
                            : new BrokerEvent.Unsubscribed(at, client(session), filter));
        }
    }

    private static BrokerEvent.Client client(Session session) {
        return new BrokerEvent.Client(
                session.peer().protocol(),
                session.key().tenant(),
                session.key().clientId(),
                session.principal().user(),
                String.valueOf(session.peer().address()));
    }

    MqttMetrics metrics() {
        return metrics;
    }

    RetainedMessages retained() {
        return retained;
    }

    /** Null when sessions are kept in memory only. */
    @Nullable SessionStore store() {
        return store;
    }

    @Nullable SessionJournal journal() {
        return store == null ? null : store.journal();
    }

    Subscriptions subscriptions() {
        return subscriptions;
    }

    Sessions sessions() {
        return sessions;
    }

    Wills wills() {
        return wills;
    }

    TopicRewrite rewrite() {
        return rewrite;
    }

    ClientEvents events() {
        return events;
    }

    Flapping flapping() {
        return flapping;
    }

    DelayedPublish delayed() {
        return delayed;
    }

    Replays replays() {
        return replays;
    }

    ClientTrace trace() {
        return trace;
    }

    TenantByDoor tenants() {
        return tenants;
    }

    /** Notes who acknowledged late; anything else costs a comparison. */
    void acknowledgedAfter(long millis, SessionKey key) {
        if (millis >= slowFromMillis) {
            slow.delivered(
                    new SlowConsumers.Consumer(PROTOCOL, key.tenant(), key.clientId(), ""), millis);
        }
    }

    /** The subscribers that acknowledged latest. */
    List<SlowConsumers.Slow> slowest(int most) {
        return slow.slowest(most, consumer -> consumer.protocol().equals(PROTOCOL));
    }

    SessionZone background() {
        return background;
    }

    SessionZone zone(EventLoop loop) {
        return zones.computeIfAbsent(loop, l -> new SessionZone(l, router));
    }

    /**
     * Routes a client's message in its zone, and keeps it when it is to be retained.
     *
     * @return how many took it
     */
    int route(Session from, Router.Space space, Message message, Receipt receipt) {
        message.receipt(receipt);
        if (MqttHeader.retain(message)) {
            receipt.expect();
            retain(space.tenant(), message, from, receipt);
        }
        int matched = space.publish(from.zone().routes(), message);
        receipt.seal();
        return matched;
    }

    /**
     * Keeps the subject's last message, with the name of who published it where that is asked for
     * later.
     *
     * @param from null for the broker itself
     */
    void retain(String tenant, Message message, @Nullable Session from, @Nullable Receipt receipt) {
        boolean signed = settings.checkRetainSource() && message.payloadLength() > 0;
        retained.put(
                tenant,
                signed && from != null ? RetainSource.sign(message, from) : message.keep(),
                receipt);
    }

    /** Publishes what the broker itself has to say; in the background's zone. */
    void publish(String tenant, Publication publication) {
        publish(tenant, publication, null);
    }

    /**
     * Publishes what a client left behind; in the background's zone.
     *
     * @param from null for the broker itself
     */
    void publish(String tenant, Publication publication, @Nullable Session from) {
        assert background.isHere();
        Message message = publication.lendTo(background.incoming());
        Receipt receipt = new Receipt(this::onOwnPublished);
        publish(tenant, message, from, receipt);
        receipt.seal();
    }

    /** Publishes a message for which the receipt waits; in the background's zone. */
    void publish(String tenant, Message message, @Nullable Session from, Receipt receipt) {
        assert background.isHere();
        message.receipt(receipt);
        if (MqttHeader.retain(message)) {
            receipt.expect();
            retain(tenant, message, from, receipt);
        }
        router.space(tenant).publish(background.routes(), message);
    }

    private void onOwnPublished(@Nullable Throwable failure) {
        if (failure != null) {
            LOG.atWarn().setCause(failure).log("a message of the broker's own was not stored");
        }
    }
}
