package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.PacketType;
import io.polymq.codec.mqtt.PublishView;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Router;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client's publishes of QoS 2 (4.3.3): a message is kept until its PUBREL, then routed, and stays
 * known until all who get it have it safe. When a crash or a failure cuts that short, the client
 * releases it again; then it is found out who has it already, sessions from the journal, topics,
 * queues and what is published later from their records, and only the others get it. Connection
 * zone.
 */
final class Qos2Receiver {

    /** Stands for who keeps what is published later. */
    private static final Set<UUID> SCHEDULED = Set.of(new UUID(0, 0));

    private final MqttShared shared;
    private final MqttConnection connection;
    private final AckQueue acks;

    Qos2Receiver(MqttShared shared, MqttConnection connection, AckQueue acks) {
        this.shared = shared;
        this.connection = connection;
        this.acks = acks;
    }

    /** Whether it is the same once more; if so that was answered. */
    boolean isRepeated(Message message, PublishView view) throws MqttCodecException {
        IncomingMessage known = connection.session().incoming().get(view.packetId());
        if (known == null || !isSame(known, message, view.dup())) {
            return false;
        }
        if (++known.repeats > 1) {
            throw MqttCodecException.protocol("the same packet identifier again and again");
        }
        connection.sendAck(PacketType.PUBREC, view.packetId());
        return true;
    }

    /**
     * One whose way a crash cut short may have been finished for its client, which then uses the
     * identifier anew, and without DUP.
     */
    private static boolean isSame(IncomingMessage known, Message message, boolean dup) {
        boolean open = known.released == null && (dup || !known.begun);
        if (!open || known.flags != message.flags()) {
            return false;
        }
        byte[] payload = known.message.payload();
        int at = message.payloadOffset();
        int end = at + message.payloadLength();
        return known.message.subject().equals(message.subject())
                && Arrays.equals(payload, 0, payload.length, message.payload(), at, end);
    }

    void receive(Message message, PublishView view) {
        Session session = connection.session();
        int id = view.packetId();
        AckQueue.Pending answer = acks.begin(PacketType.PUBREC, id);
        SessionJournal journal = shared.journal();
        int serial = session.nextSerial();
        OwedShare share = new OwedShare(session, id, 2, view.retain(), serial, true);
        KeptMessage kept = message.origin(share.origin()).keep();
        OwedShare target = journal != null && session.isPersistent() ? share : null;
        IncomingMessage fresh =
                new IncomingMessage(kept, message.flags(), shared.clock().millis(), target);
        Receipt receipt =
                new Receipt(
                        failure -> {
                            if (failure != null) {
                                session.run(() -> session.forgetIncoming(id, fresh));
                            }
                            answer.settled(failure);
                        });
        IncomingMessage before = session.incoming().get(id);
        if (before != null) {
            forget(before);
        }
        if (journal != null && target != null) {
            journal.write(target, kept, receipt);
        }
        session.incoming().put(id, fresh);
        receipt.seal();
        acks.end(answer);
        connection.acksWait(acks.size());
    }

    private void forget(IncomingMessage message) {
        SessionJournal journal = shared.journal();
        if (journal != null && message.target != null) {
            journal.finish(message.target);
        }
    }

    /** The client hands its message over; one that is not known was handed over before. */
    void onPubRel(int packetId) {
        Session session = connection.session();
        IncomingMessage known = session.unreleased() == 0 ? null : session.incoming().get(packetId);
        if (known == null) {
            connection.sendAck(PacketType.PUBCOMP, packetId);
            return;
        }
        AckQueue.Pending answer = acks.begin(PacketType.PUBCOMP, packetId);
        CompletableFuture<Void> running = known.released;
        if (running != null) {
            running.whenComplete((done, failure) -> answer.settled(failure));
            acks.end(answer);
            return;
        }
        CompletableFuture<Void> released = new CompletableFuture<>();
        known.released = released;
        Receipt receipt =
                new Receipt(
                        failure -> {
                            onRouted(session, packetId, known, failure);
                            answer.settled(failure);
                        });
        CompletableFuture<Void> last = session.releasing();
        if (last == null && !known.begun) {
            route(session, known, known.message, receipt);
        } else {
            routeLater(session, known, receipt, last);
        }
        acks.end(answer);
    }

    /** Asks first which topics have it; what is released behind it waits for its turn. */
    private void routeLater(
            Session session,
            IncomingMessage known,
            Receipt receipt,
            @Nullable CompletableFuture<Void> last) {
        CompletableFuture<KeptMessage> asked =
                known.begun
                        ? withKeepers(session, known)
                        : CompletableFuture.completedFuture(known.message);
        CompletableFuture<Void> turn = new CompletableFuture<>();
        session.releasing(turn);
        CompletableFuture<Void> before =
                last == null ? CompletableFuture.completedFuture(null) : last;
        before.thenCombine(asked, (done, message) -> message)
                .whenComplete(
                        (message, failure) ->
                                session.run(
                                        () -> {
                                            try {
                                                onAsked(session, known, message, failure, receipt);
                                            } finally {
                                                turn.complete(null);
                                            }
                                        }));
    }

    private void onAsked(
            Session session,
            IncomingMessage known,
            @Nullable KeptMessage message,
            @Nullable Throwable failure,
            Receipt receipt) {
        if (message != null) {
            route(session, known, message, receipt);
        } else {
            receipt.expect();
            receipt.done(failure);
            receipt.seal();
        }
    }

    private CompletableFuture<KeptMessage> withKeepers(Session session, IncomingMessage known) {
        KeptMessage message = known.message;
        Origin origin = message.origin();
        if (origin == null) {
            return CompletableFuture.completedFuture(message);
        }
        if (isDelayed(message)) {
            return shared.delayed()
                    .holds(origin, known.since)
                    .thenApply(
                            scheduled -> scheduled ? without(message, SCHEDULED, origin) : message);
        }
        return space(session)
                .keepers(session.zone().routes(), message, known.since)
                .thenApply(topics -> topics.isEmpty() ? message : without(message, topics, origin));
    }

    private static KeptMessage without(KeptMessage message, Set<UUID> topics, Origin origin) {
        return message.lendTo(new Message()).origin(origin.withKeptBy(topics)).keep();
    }

    private Router.Space space(Session session) {
        return shared.router().space(session.key().tenant());
    }

    private void route(Session session, IncomingMessage known, KeptMessage kept, Receipt receipt) {
        SessionJournal journal = shared.journal();
        if (journal != null && known.target != null) {
            journal.releasing(known.target, kept);
        }
        known.begun = true;
        SessionZone zone = session.zone();
        Message message = kept.lendTo(zone.incoming()).publisher(session.connectionId());
        DelayedPublish.Parts later = isDelayed(kept) ? DelayedPublish.parse(kept.subject()) : null;
        if (later != null) {
            schedule(session, message, later, receipt);
            return;
        }
        shared.replays().begin(known, kept);
        shared.route(session, space(session), message, receipt);
        shared.replays().end(known, kept);
    }

    private static boolean isDelayed(KeptMessage message) {
        return message.subject().isReserved() && DelayedPublish.isDelayed(message.subject());
    }

    private void schedule(
            Session session, Message message, DelayedPublish.Parts later, Receipt receipt) {
        Origin origin = message.origin();
        if (origin == null || origin.keptBy().isEmpty()) {
            Publication publication =
                    Publication.of(message, shared.clock().millis()).to(later.subject());
            KeptMessage kept = origin == null ? publication.keep() : publication.keep(origin);
            shared.delayed().schedule(session.key().tenant(), kept, later.seconds(), receipt);
        }
        receipt.seal();
    }

    /** Everyone has it safe, or someone cannot. Any thread. */
    private void onRouted(
            Session session, int packetId, IncomingMessage message, @Nullable Throwable failure) {
        CompletableFuture<Void> released = message.released;
        if (failure == null) {
            forget(message);
        }
        Runnable settle =
                () -> {
                    if (failure == null) {
                        session.forgetIncoming(packetId, message);
                    } else {
                        message.released = null;
                    }
                };
        if (session.zone().isHere()) {
            settle.run();
        } else {
            session.run(settle);
        }
        if (released == null) {
            return;
        }
        if (failure == null) {
            released.complete(null);
        } else {
            released.completeExceptionally(failure);
        }
    }
}
