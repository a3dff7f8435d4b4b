package io.polymq.mqtt;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Publishes the wills of clients that are gone (3.1.2.5), at once or after their delay. Called in
 * the zone of the session; published in the background's.
 */
final class Wills {

    private final MqttShared shared;
    private final Map<Session, ScheduledFuture<?>> waiting = new ConcurrentHashMap<>();

    Wills(MqttShared shared) {
        this.shared = shared;
    }

    /**
     * The connection was lost: the will is sent after its delay, or when the session ends.
     *
     * @param since when it was lost, in milliseconds since 1970
     */
    void onLost(Session session, long since) {
        Session.Will will = session.will();
        if (will == null) {
            return;
        }
        long seconds = Math.min(will.delaySeconds(), session.expirySeconds());
        long delay = since + seconds * 1000 - shared.clock().millis();
        if (delay <= 0) {
            session.will(null);
            publish(session, will);
            return;
        }
        waiting.put(
                session,
                shared.background()
                        .executor()
                        .schedule(
                                () -> session.run(() -> onDue(session)),
                                delay,
                                TimeUnit.MILLISECONDS));
    }

    private void onDue(Session session) {
        Session.Will will = session.will();
        if (waiting.remove(session) != null && will != null) {
            session.will(null);
            publish(session, will);
        }
    }

    /** The client came back in time. */
    void cancel(Session session) {
        ScheduledFuture<?> timer = waiting.remove(session);
        if (timer != null) {
            timer.cancel(false);
            session.will(null);
        }
    }

    /** The session ends while its will still waits. */
    void onEnded(Session session) {
        Session.Will will = session.will();
        ScheduledFuture<?> timer = waiting.remove(session);
        if (timer != null && will != null) {
            timer.cancel(false);
            session.will(null);
            publish(session, will);
        }
    }

    private void publish(Session session, Session.Will will) {
        Publication publication =
                Publication.of(
                        will.packet().topic(),
                        will.packet().payload(),
                        will.packet().qos(),
                        will.packet().retain(),
                        will.packet().properties(),
                        shared.clock().millis());
        shared.background()
                .run(
                        () -> {
                            if (shared.access()
                                    .mayWrite(
                                            session.principal(),
                                            session.peer(),
                                            publication.subject())) {
                                shared.publish(session.key().tenant(), publication, session);
                            }
                        });
    }
}
