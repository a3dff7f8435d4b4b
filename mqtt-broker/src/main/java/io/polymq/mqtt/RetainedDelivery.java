package io.polymq.mqtt;

import io.polymq.core.message.Message;
import io.polymq.core.service.RetainedMessages;
import io.polymq.core.service.RetainedMessages.Retained;
import io.polymq.core.subject.Filter;
import org.jspecify.annotations.Nullable;

/**
 * Brings the retained messages that a new subscription matches, a batch at a time: other clients of
 * the loop get their turn in between, and a slow receiver is waited for. Zone of the session.
 */
final class RetainedDelivery implements Runnable {

    private final MqttShared shared;
    private final Session session;
    private final MqttSubscription subscription;
    private final MqttSubscription.Options options;
    private final RetainedMessages.Scan scan;
    private final @Nullable MqttConnection connection;

    RetainedDelivery(
            MqttShared shared, Session session, MqttSubscription subscription, Filter filter) {
        this.shared = shared;
        this.session = session;
        this.subscription = subscription;
        this.options = subscription.options();
        this.scan = shared.retained().scan(session.key().tenant(), filter);
        this.connection = session.connection();
    }

    @Override
    public void run() {
        MqttConnection to = connection;
        if (to == null || session.connection() != to || subscription.options() != options) {
            return;
        }
        if (to.connection().outbox().isCongested()) {
            to.connection().outbox().whenWritable(this);
            return;
        }
        if (session.sender().isBusy()) {
            session.sender().whenIdle(this);
            return;
        }
        if (scan.next(shared.settings().retainedBatch(), this::deliver)) {
            to.run(this);
        }
    }

    private void deliver(Retained retained) {
        Message message = retained.message().lendTo(session.zone().replay());
        if (RetainSource.isOn(message)) {
            RetainSource source = RetainSource.takenOff(message);
            boolean asked = shared.settings().checkRetainSource();
            if (asked && !source.mayStillWrite(shared.access(), message.subject())) {
                return;
            }
        }
        session.deliverRetained(message, subscription);
    }
}
