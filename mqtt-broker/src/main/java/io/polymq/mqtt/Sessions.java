package io.polymq.mqtt;

import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.service.TenantQuotas;
import io.polymq.network.CloseReason;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * All sessions, by tenant and client identifier. The map is shared; what happens to a session
 * happens in its own zone, which is where a connection that wants it goes to ask.
 */
final class Sessions {

    private final MqttShared shared;
    private final Map<SessionKey, Session> sessions = new ConcurrentHashMap<>();
    private final Map<String, Long> byTenant = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicLong claims = new AtomicLong();
    private final AtomicLong expired = new AtomicLong();

    /** Hears what a claim led to, in the claiming connection's zone. */
    interface Claimant {
        /** The session is attached to the connection. */
        void claimed(Session session, boolean present);

        /** The session belongs to someone else. */
        void refused();

        /** The tenant has as many sessions as it may. */
        void full();
    }

    /** A connection's wish to have the session of that key. */
    record Claim(
            SessionKey key,
            MqttConnection connection,
            SessionZone zone,
            Principal principal,
            Credentials.Peer peer,
            boolean cleanStart,
            long expirySeconds,
            Session.@Nullable Will will,
            Claimant claimant) {}

    Sessions(MqttShared shared) {
        this.shared = shared;
    }

    Optional<Session> find(SessionKey key) {
        return Optional.ofNullable(sessions.get(key));
    }

    Collection<Session> all() {
        return sessions.values();
    }

    int size() {
        return sessions.size();
    }

    /** How many sessions a tenant has. */
    long count(String tenant) {
        return byTenant.getOrDefault(tenant, 0L);
    }

    /** How many connections asked for a session so far. */
    long claims() {
        return claims.get();
    }

    /** How many sessions have ended because nobody came back in time. */
    long expired() {
        return expired.get();
    }

    /** A session as it was stored; in the background's zone, before the first connection. */
    Session restore(SessionSnapshot snapshot) {
        Session session =
                new Session(
                        shared,
                        snapshot.key(),
                        snapshot.number(),
                        shared.background(),
                        snapshot.principal(),
                        snapshot.peer(),
                        0);
        session.expirySeconds(snapshot.expirySeconds());
        session.detachedAt(
                snapshot.detachedAt() == 0 ? shared.clock().millis() : snapshot.detachedAt());
        session.will(snapshot.will());
        numbers.accumulateAndGet(snapshot.number(), Math::max);
        if (sessions.put(session.key(), session) == null) {
            byTenant.merge(session.key().tenant(), 1L, Long::sum);
        }
        session.saved();
        return session;
    }

    /** Its messages are there too: its clocks go on. */
    void restored(Session session) {
        shared.wills().onLost(session, session.detachedAt());
        expireLater(session);
    }

    /** Begins in the claiming connection's zone. */
    void claim(Claim claim) {
        assert claim.zone().isHere();
        Session existing = sessions.get(claim.key());
        if (existing == null) {
            String tenant = claim.key().tenant();
            if (!shared.tenantLimits().mayAdd(tenant, TenantQuotas.Kind.SESSIONS, count(tenant))) {
                claim.claimant().full();
                return;
            }
            Session fresh =
                    new Session(
                            shared,
                            claim.key(),
                            numbers.incrementAndGet(),
                            claim.zone(),
                            claim.principal(),
                            claim.peer(),
                            0);
            fresh.expirySeconds(claim.expirySeconds());
            if (sessions.putIfAbsent(claim.key(), fresh) == null) {
                byTenant.merge(tenant, 1L, Long::sum);
                fresh.will(claim.will());
                fresh.attach(claim.connection(), claim.principal(), claim.peer());
                claims.incrementAndGet();
                save(fresh);
                claim.claimant().claimed(fresh, false);
            } else {
                claim(claim);
            }
            return;
        }
        if (existing.zone().isHere()) {
            takeOver(existing, claim);
        } else {
            existing.run(() -> takeOver(existing, claim));
        }
    }

    /** In the session's zone. */
    private void takeOver(Session session, Claim claim) {
        if (session.hasEnded()) {
            again(claim);
            return;
        }
        if (!mayHave(session, claim.principal())) {
            claim.zone().run(() -> claim.claimant().refused());
            return;
        }
        MqttConnection old = session.connection();
        if (old != null) {
            session.zone().runAfterReading(() -> session.run(() -> supersede(session, old, claim)));
            return;
        }
        if (claim.cleanStart()) {
            end(session);
            again(claim);
            return;
        }
        shared.wills().cancel(session);
        session.moveTo(claim.zone());
        Runnable attach = () -> attach(session, claim);
        if (claim.zone().isHere()) {
            attach.run();
        } else {
            claim.zone().run(attach);
        }
    }

    /** What the old connection had sent before the claim has been read by now. */
    private void supersede(Session session, MqttConnection old, Claim claim) {
        if (session.connection() == old) {
            old.takenOver();
        }
        session.run(() -> takeOver(session, claim));
    }

    /** A session is its user's; one that was made by nobody in particular is anyone's. */
    private static boolean mayHave(Session session, Principal wants) {
        String owner = session.principal().user();
        return owner.equals(wants.user()) || owner.equals(Principal.ANONYMOUS.user());
    }

    private void attach(Session session, Claim claim) {
        if (session.hasEnded()) {
            again(claim);
            return;
        }
        if (!session.zone().isHere() || session.isConnected()) {
            session.run(() -> takeOver(session, claim));
            return;
        }
        session.expirySeconds(claim.expirySeconds());
        session.will(claim.will());
        session.attach(claim.connection(), claim.principal(), claim.peer());
        claims.incrementAndGet();
        save(session);
        claim.claimant().claimed(session, true);
    }

    private void again(Claim claim) {
        if (claim.zone().isHere()) {
            claim(claim);
        } else {
            claim.zone().run(() -> claim(claim));
        }
    }

    /** The session's connection is gone; in the session's zone. */
    void detach(Session session, boolean sendWill) {
        session.detach();
        shared.flapping().disconnected(session.key());
        shared.events().disconnected(session, sendWill ? "lost" : "normal");
        if (sendWill) {
            shared.wills().onLost(session, shared.clock().millis());
        } else {
            session.will(null);
        }
        if (!session.isPersistent()) {
            end(session);
            return;
        }
        session.detachedAt(shared.clock().millis());
        save(session);
        session.moveTo(shared.background());
        shared.background().run(() -> expireLater(session));
    }

    /** Forgets a session whose time is up, unless its client came back. */
    private void expireLater(Session session) {
        if (session.isConnected()
                || session.hasEnded()
                || session.expirySeconds() >= Session.FOREVER) {
            return;
        }
        long since = session.detachedAt();
        long due = since + session.expirySeconds() * 1000 - shared.clock().millis();
        Runnable over = () -> session.run(() -> expire(session, since));
        if (due <= 0) {
            over.run(); // before its client can ask for it: it may have been up for long
        } else {
            session.expiry(
                    shared.background().executor().schedule(over, due, TimeUnit.MILLISECONDS));
        }
    }

    private void expire(Session session, long since) {
        boolean still = !session.isConnected() && session.detachedAt() == since;
        if (still && !session.hasEnded()) {
            expired.incrementAndGet();
            shared.tellExpired(session);
            end(session);
        }
    }

    private void save(Session session) {
        SessionStore store = shared.store();
        if (store != null && (session.isPersistent() || session.isSaved())) {
            session.saved();
            store.save(session);
        }
    }

    /** Saves new or changed subscriptions, where they are to survive. */
    void subscribed(Session session, List<MqttSubscription> changed, SessionStore.Saved then) {
        SessionStore store = shared.store();
        if (store != null && session.isPersistent() && !changed.isEmpty()) {
            store.subscribed(session, changed, then);
        } else {
            then.saved(null);
        }
    }

    /** Forgets subscriptions for good. */
    void unsubscribed(Session session, List<String> filters, SessionStore.Saved then) {
        SessionStore store = shared.store();
        if (store != null && session.isSaved() && !filters.isEmpty()) {
            store.unsubscribed(session, filters, then);
        } else {
            then.saved(null);
        }
    }

    /** Ends a session for good; in its zone. */
    void end(Session session) {
        if (session.hasEnded()) {
            return;
        }
        shared.wills().onEnded(session);
        if (sessions.remove(session.key(), session)) {
            byTenant.computeIfPresent(
                    session.key().tenant(), (tenant, count) -> count > 1 ? count - 1 : null);
        }
        List<String> filters = List.copyOf(session.subscriptions().keySet());
        session.end();
        SessionStore store = shared.store();
        if (store != null && session.isSaved()) {
            store.delete(session.key(), filters);
        }
    }

    /** Ends the connection of a client and, when asked, its session. Any thread. */
    boolean kick(SessionKey key, String why) {
        Session session = sessions.get(key);
        if (session == null) {
            return false;
        }
        session.run(
                () -> {
                    MqttConnection connection = session.connection();
                    if (connection != null) {
                        connection.disconnect(
                                ReasonCode.ADMINISTRATIVE_ACTION,
                                new CloseReason(CloseReason.Kind.KICKED, why));
                    }
                });
        return true;
    }
}
