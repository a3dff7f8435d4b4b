package io.polymq.mqtt;

import io.polymq.mqtt.JournalCodec.Finished;
import io.polymq.mqtt.JournalCodec.Owed;
import io.polymq.mqtt.JournalCodec.Place;
import io.polymq.mqtt.JournalCodec.Released;
import io.polymq.mqtt.JournalCodec.Stored;
import io.polymq.mqtt.OutgoingWindow.Entry;
import io.polymq.mqtt.SessionJournal.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sessions again from what is stored: the snapshots first, then the journal from its start,
 * in its order. Runs once, in the background's zone, before the first connection.
 */
final class SessionRecovery {

    private static final Logger LOG = LoggerFactory.getLogger(SessionRecovery.class);

    private final MqttShared shared;
    private final SessionStore store;
    private final Map<Long, Session> sessions = new HashMap<>();
    private final Set<Session> detached = new HashSet<>();
    private final Map<Place, Target> open = new HashMap<>();
    private final List<SessionJournal.Owed> owed = new ArrayList<>();

    /** Who got a client's QoS 2 message that is not finished. */
    private final Map<Place, Set<Long>> delivered = new HashMap<>();

    SessionRecovery(MqttShared shared, SessionStore store) {
        this.shared = shared;
        this.store = store;
    }

    void run() throws IOException {
        long begun = System.nanoTime();
        SessionStore.Loaded loaded = store.load();
        for (SessionSnapshot snapshot : loaded.sessions()) {
            Session session = shared.sessions().restore(snapshot);
            sessions.put(session.number(), session);
            if (snapshot.detachedAt() != 0) {
                detached.add(session);
            }
        }
        for (StoredSubscription stored : loaded.subscriptions()) {
            Session session = sessions.get(stored.session());
            if (session != null) {
                shared.subscriptions().add(session, stored.filter(), stored.options());
            }
        }
        store.journal().recover(this::apply);
        delivered.forEach(this::cutShort);
        for (SessionJournal.Owed message : owed) {
            store.journal().recovered(message);
        }
        for (Session session : sessions.values()) {
            shared.sessions().restored(session);
        }
        if (!sessions.isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("sessions", sessions.size())
                    .addKeyValue("messages", open.size())
                    .addKeyValue("millis", (System.nanoTime() - begun) / 1_000_000)
                    .log("sessions recovered");
        }
    }

    private void cutShort(Place place, Set<Long> got) {
        Target target = open.get(place);
        Session.IncomingMessage message =
                target == null ? null : target.session().incoming().get((int) place.number());
        if (message != null) {
            message.delivered = got;
        }
    }

    private void apply(long offset, long timestamp, JournalCodec.Event event) {
        switch (event) {
            case Stored stored -> onStored(offset, timestamp, stored);
            case Finished finished -> finished.places().forEach(this::onFinished);
            case Released released -> onReleased(released.place());
        }
    }

    private void onStored(long offset, long timestamp, Stored stored) {
        SessionJournal.Owed message = new SessionJournal.Owed();
        message.offset = offset;
        if (stored.origin() != null) {
            Set<Long> got = delivered.computeIfAbsent(stored.origin(), o -> new HashSet<>());
            stored.owed().forEach(share -> got.add(share.place().session()));
        }
        for (Owed share : stored.owed()) {
            Session session = sessions.get(share.place().session());
            if (session == null) {
                continue;
            }
            Target known = open.get(share.place());
            if (known != null) {
                known.movedTo(message);
                continue;
            }
            Target target =
                    new Target(
                            session,
                            share.place().number(),
                            share.qos(),
                            share.retain(),
                            share.subscriptionId(),
                            share.place().incoming());
            message.add(target);
            open.put(share.place(), target);
            if (share.place().incoming()) {
                session.incoming()
                        .put(
                                (int) share.place().number(),
                                new Session.IncomingMessage(
                                        stored.publication().keep(),
                                        stored.publication().flags(),
                                        target));
            } else {
                Entry entry =
                        session.sender()
                                .window()
                                .restore(
                                        share.place().number(),
                                        share.qos(),
                                        share.retain(),
                                        share.subscriptionId(),
                                        stored.publication().payload().length + 64);
                entry.target = target;
                entry.stored = true;
                session.sender().window().become(entry, stateOf(session, share, timestamp));
            }
        }
        if (message.remaining > 0) {
            owed.add(message);
        }
    }

    /** What came while the client was away was not sent yet; of the rest nobody knows. */
    private OutgoingWindow.State stateOf(Session session, Owed share, long timestamp) {
        if (share.released()) {
            return OutgoingWindow.State.RELEASED;
        }
        boolean away = detached.contains(session) && timestamp >= session.detachedAt();
        return away ? OutgoingWindow.State.QUEUED : OutgoingWindow.State.SENT;
    }

    private void onFinished(Place place) {
        delivered.remove(place);
        Target target = open.remove(place);
        if (target == null) {
            return;
        }
        store.journal().recoveredFinished(target);
        Session session = target.session();
        if (place.incoming()) {
            session.incoming().remove((int) place.number());
        } else {
            OutgoingWindow window = session.sender().window();
            if (place.number() >= window.floor() && place.number() < window.tail()) {
                window.done(window.at(place.number()));
            }
        }
    }

    private void onReleased(Place place) {
        Target target = open.get(place);
        if (target != null) {
            target.markReleased();
            OutgoingWindow window = target.session().sender().window();
            window.released(window.at(place.number()));
        }
    }
}
