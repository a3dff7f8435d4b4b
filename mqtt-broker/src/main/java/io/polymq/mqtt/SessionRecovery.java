package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import io.polymq.mqtt.JournalCodec.Finished;
import io.polymq.mqtt.JournalCodec.Owed;
import io.polymq.mqtt.JournalCodec.Place;
import io.polymq.mqtt.JournalCodec.Released;
import io.polymq.mqtt.JournalCodec.Stored;
import io.polymq.mqtt.OutgoingWindow.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
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
    private final Map<Place, Found> open = new HashMap<>();
    private final List<OwedMessage> owed = new ArrayList<>();

    /** The highest number that a message of a session had. */
    private final Map<Session, Long> highest = new HashMap<>();

    /** Who got a client's QoS 2 message that is not finished. */
    private final Map<Place, Set<Long>> delivered = new HashMap<>();

    /** A message that a session is still owed, or that came from it. */
    private record Found(OwedShare share, int size, boolean away) {}

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
        restoreWindows();
        delivered.forEach(this::cutShort);
        for (OwedMessage message : owed) {
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
        Found found = open.get(place);
        IncomingMessage message =
                found == null ? null : found.share().session().incoming().get((int) place.number());
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
        OwedMessage message = new OwedMessage();
        message.offset = offset;
        message.bytes = stored.publication().bytes();
        if (stored.origin() != null) {
            Set<Long> got = delivered.computeIfAbsent(stored.origin(), o -> new HashSet<>());
            stored.owed().forEach(share -> got.add(share.place().session()));
        }
        for (Owed share : stored.owed()) {
            Session session = sessions.get(share.place().session());
            if (session == null) {
                continue;
            }
            Found known = open.get(share.place());
            if (known != null) {
                known.share().movedTo(message);
                continue;
            }
            OwedShare target =
                    new OwedShare(
                            session,
                            share.place().number(),
                            share.qos(),
                            share.retain(),
                            share.subscriptionId(),
                            share.place().incoming());
            message.add(target);
            if (share.released()) {
                target.markReleased();
            }
            int size = stored.publication().payload().length + 64;
            open.put(share.place(), new Found(target, size, wasAway(session, timestamp)));
            if (share.place().incoming()) {
                session.incoming().put((int) target.number(), incoming(stored, timestamp, target));
            } else {
                used(session, target.number());
            }
        }
        if (message.remaining > 0) {
            owed.add(message);
        }
    }

    private static IncomingMessage incoming(Stored stored, long timestamp, OwedShare target) {
        KeptMessage kept = stored.publication().keep(target.origin());
        IncomingMessage message =
                new IncomingMessage(kept, stored.publication().flags(), timestamp, target);
        message.begun = true;
        return message;
    }

    private void used(Session session, long number) {
        highest.merge(session, number, Math::max);
    }

    /** The sessions' windows, in the order of their messages, which is not that of the journal. */
    private void restoreWindows() {
        List<Found> outgoing = new ArrayList<>(open.size());
        for (Found found : open.values()) {
            if (!found.share().isIncoming()) {
                outgoing.add(found);
            }
        }
        outgoing.sort(Comparator.comparingLong(found -> found.share().number()));
        for (Found found : outgoing) {
            OwedShare share = found.share();
            OutgoingWindow window = share.session().sender().window();
            Entry entry =
                    window.restore(
                            share.number(),
                            share.qos(),
                            share.retain(),
                            share.subscriptionId(),
                            found.size());
            entry.target = share;
            entry.stored = true;
            window.become(entry, stateOf(found));
        }
        highest.forEach((session, number) -> session.sender().startAt(number + 1));
    }

    /** What came while the client was away was not sent yet; of the rest nobody knows. */
    private static OutgoingWindow.State stateOf(Found found) {
        if (found.share().isReleased()) {
            return OutgoingWindow.State.RELEASED;
        }
        return found.away() ? OutgoingWindow.State.QUEUED : OutgoingWindow.State.SENT;
    }

    private boolean wasAway(Session session, long timestamp) {
        return detached.contains(session) && timestamp >= session.detachedAt();
    }

    private void onFinished(Place place) {
        delivered.remove(place);
        Session session = sessions.get(place.session());
        if (session != null && !place.incoming()) {
            used(session, place.number());
        }
        Found found = open.remove(place);
        if (found == null) {
            return;
        }
        store.journal().recoveredFinished(found.share());
        if (place.incoming()) {
            found.share().session().incoming().remove((int) place.number());
        }
    }

    private void onReleased(Place place) {
        Found found = open.get(place);
        if (found != null) {
            found.share().markReleased();
        }
    }
}
