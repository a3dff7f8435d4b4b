package io.polymq.mqtt;

import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
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
    private final @Nullable SharedGroup group;
    private volatile Options options;
    private Router.@Nullable Subscription route;
    private @Nullable ReadDecision lastDecision;

    MqttSubscription(Session session, String filter, @Nullable SharedGroup group, Options options) {
        this.session = session;
        this.filter = filter;
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
        if (!session.mayRead(message.subject(), this)) {
            return false;
        }
        int qos = Math.min(o.qos(), MqttHeader.qos(message));
        return qos == 0
                ? session.deliverQos0(message, this, o)
                : session.deliver(message, this, qos);
    }

    @Override
    public int inFlight() {
        return session.inFlight();
    }

    /** What was decided for the subject that was asked for last. */
    @Nullable ReadDecision lastDecision() {
        return lastDecision;
    }

    void lastDecision(ReadDecision decision) {
        lastDecision = decision;
    }

    /** Whether the session's owner may read a subject, as of a state of the rules. */
    record ReadDecision(Subject subject, boolean allowed, long rules) {}
}
