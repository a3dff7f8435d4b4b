package io.polymq.mqtt;

import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.security.Security;
import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/**
 * One filter of one session. Delivery runs on the publisher's thread; the options change in the
 * session's zone and are one immutable object.
 */
final class MqttSubscription implements Sink {

    /**
     * What SUBSCRIBE said of it (3.8.3.1).
     *
     * @param subscriptionId 0 for none
     */
    record Options(
            int qos,
            boolean noLocal,
            boolean retainAsPublished,
            int retainHandling,
            int subscriptionId) {}

    private final Session session;
    private final String filter;
    private final Subscriptions.Target target;
    private final @Nullable SharedGroup group;
    private volatile Options options;
    private Router.@Nullable Subscription route;
    private Grant grant = Grant.UNKNOWN;
    private @Nullable ReadDecision lastDecision;

    MqttSubscription(
            Session session,
            String filter,
            Subscriptions.Target target,
            @Nullable SharedGroup group,
            Options options) {
        this.session = session;
        this.filter = filter;
        this.target = target;
        this.group = group;
        this.options = options;
    }

    /** As the client wrote it, {@code $share} included. */
    String filter() {
        return filter;
    }

    Session session() {
        return session;
    }

    @Nullable SharedGroup group() {
        return group;
    }

    Options options() {
        return options;
    }

    void options(Options changed) {
        options = changed;
    }

    void route(Router.Subscription subscribed) {
        route = subscribed;
    }

    void close() {
        Router.Subscription subscribed = route;
        if (subscribed != null) {
            subscribed.close();
        }
        if (group != null) {
            group.left(this, session.isConnected());
            session.leaveShared(filter);
        }
        if (target.exclusive()) {
            session.leaveExclusive(target);
        }
    }

    void connected(boolean now) {
        if (group != null) {
            group.connected(now);
        }
    }

    @Override
    public boolean deliver(Message message) {
        Options o = options;
        if (o.noLocal() && message.publisher() == session.connectionId()) {
            return true;
        }
        boolean away = !session.isConnected();
        if (away && group != null && group.hasConnected()) {
            return false;
        }
        if (!mayRead(message.subject())) {
            return false;
        }
        int qos = qosFor(MqttHeader.qos(message));
        return qos == 0
                ? session.deliverQos0(message, this, o)
                : session.deliver(message, this, qos);
    }

    /** What a message is sent with that was published so. */
    int qosFor(int published) {
        int granted = options.qos();
        return session.upgradesQos() ? granted : Math.min(granted, published);
    }

    @Override
    public int inFlight() {
        return session.inFlight();
    }

    /**
     * Whether its owner may read a subject. What a rule covers as a whole is not asked again until
     * the rules change.
     */
    boolean mayRead(Subject subject) {
        MqttAccess access = session.access();
        long rules = access.rules();
        Grant known = grant;
        if (known.rules() != rules) {
            known = new Grant(access.coverage(session.principal(), session.peer(), target), rules);
            grant = known;
        }
        return switch (known.coverage()) {
            case ALL -> true;
            case NONE -> false;
            case EXCEPT -> mayReadOne(access, subject, rules);
        };
    }

    private boolean mayReadOne(MqttAccess access, Subject subject, long rules) {
        ReadDecision known = lastDecision;
        if (known != null && known.subject() == subject && known.rules() == rules) {
            return known.allowed();
        }
        boolean allowed = access.mayRead(session.principal(), session.peer(), subject);
        lastDecision = new ReadDecision(subject, allowed, rules);
        return allowed;
    }

    /** The owner may have changed: what was known of its rights is asked anew. */
    void forgetGrant() {
        grant = Grant.UNKNOWN;
        lastDecision = null;
    }

    /** How much of the filter may be read, as of a state of the rules. */
    private record Grant(Security.Coverage coverage, long rules) {
        static final Grant UNKNOWN = new Grant(Security.Coverage.NONE, Long.MIN_VALUE);
    }

    /** Whether a subject may be read, as of a state of the rules. */
    private record ReadDecision(Subject subject, boolean allowed, long rules) {}
}
