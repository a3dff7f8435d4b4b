package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.PacketType;
import io.polymq.codec.mqtt.PublishView;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.codec.mqtt.TextRules;
import io.polymq.codec.mqtt.TopicRules;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Subject;
import io.polymq.mqtt.OutgoingWindow.Entry;
import io.polymq.mqtt.OutgoingWindow.State;
import io.polymq.network.CloseReason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PUBLISH from a client and the packets that end a publish in either direction (3.3 to 3.7).
 * Connection zone.
 */
final class PublishHandler {

    private static final Logger LOG = LoggerFactory.getLogger(PublishHandler.class);

    private final MqttShared shared;
    private final MqttConnection connection;
    private final AckQueue acks;
    private final Qos2Receiver qos2;
    private Router.@Nullable Space space;
    private @Nullable Subject lastWritten;
    private @Nullable Subject lastPlain;
    private @Nullable Subject lastMounted;
    private boolean lastAllowed;
    private long lastRules;

    PublishHandler(MqttShared shared, MqttConnection connection) {
        this.shared = shared;
        this.connection = connection;
        this.acks = new AckQueue(connection);
        this.qos2 = new Qos2Receiver(shared, connection, acks);
    }

    void onPublish(int first, byte[] bytes, int from, int to) throws MqttCodecException {
        SessionZone zone = connection.zone();
        PublishView view = zone.view();
        view.parse(first, bytes, from, to, connection.isV5());
        Subject subject = subject(view, zone);
        if (view.subscriptionIdentifier() != 0) {
            throw MqttCodecException.protocol("a subscription identifier from a client");
        }
        checkOffered(view);
        if (view.payloadLength() > shared.settings().maxPayload()) {
            answer(view, ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        shared.metrics().received();
        connection.connection().countMessages(1);
        if (shared.trace().isOn()) {
            traceReceived(view, subject, to - from);
        }
        if (shared.rewrite().rewritesPublishes()) {
            Session session = connection.session();
            subject =
                    shared.rewrite()
                            .publish(subject, session.key().clientId(), session.principal());
        }
        if (connection.door().mounts()) {
            subject = mounted(subject);
        }
        if (subject.isReserved() && DelayedPublish.isDelayed(subject)) {
            onDelayed(view, zone, subject);
            return;
        }
        Message message = fill(zone, view, subject);
        if (view.qos() == 0) {
            if (mayPublish(message, view)) {
                if (view.retain()) {
                    shared.retain(tenant(), message, connection.session(), null);
                }
                space().publish(zone.routes(), message);
            }
            return;
        }
        checkReceiveMaximum(view.packetId());
        if (view.qos() == 1) {
            onQos1(message, view);
        } else {
            onQos2(message, view);
        }
    }

    /** Clients of version 5 were told; those of version 3 are closed, as there are no words. */
    private void checkOffered(PublishView view) throws MqttCodecException {
        MqttSettings.Offered offered = shared.settings().offered();
        if (view.retain() && !offered.retain()) {
            throw MqttCodecException.of(
                    ReasonCode.RETAIN_NOT_SUPPORTED, "messages are not retained here");
        }
        if (view.qos() > offered.qos()) {
            throw MqttCodecException.of(ReasonCode.QOS_NOT_SUPPORTED, "QoS " + view.qos());
        }
    }

    private void traceReceived(PublishView view, Subject subject, int bytes) {
        int id = view.qos() == 0 ? 0 : view.packetId();
        shared.trace()
                .publish(connection, "received", subject, view.qos(), view.retain(), id, bytes);
    }

    /** The message is kept now and published later; who may not publish it then may not now. */
    private void onDelayed(PublishView view, SessionZone zone, Subject written)
            throws MqttCodecException {
        DelayedPublish.Parts parts = DelayedPublish.parse(written);
        if (parts == null) {
            throw MqttCodecException.of(
                    ReasonCode.TOPIC_NAME_INVALID, "$delayed/SECONDS/TOPIC is malformed");
        }
        if (!mayWrite(parts.subject())) {
            denied(view);
            return;
        }
        if (view.qos() == 2) {
            checkReceiveMaximum(view.packetId());
            Message message = fill(zone, view, written);
            if (!qos2.isRepeated(message, view)) {
                qos2.receive(message, view);
            }
            return;
        }
        KeptMessage kept = fill(zone, view, parts.subject()).keep();
        if (view.qos() == 0) {
            shared.delayed().schedule(tenant(), kept, parts.seconds(), null);
            return;
        }
        checkReceiveMaximum(view.packetId());
        AckQueue.Pending answer = acks.begin(PacketType.PUBACK, view.packetId());
        Receipt receipt = new Receipt(answer);
        shared.delayed().schedule(tenant(), kept, parts.seconds(), receipt);
        receipt.seal();
        acks.end(answer);
    }

    // The topic.

    private Subject subject(PublishView view, SessionZone zone) throws MqttCodecException {
        int alias = view.alias();
        TopicAliases aliases = connection.aliases();
        if (alias != 0 && !aliases.isAllowed(alias)) {
            throw MqttCodecException.of(ReasonCode.TOPIC_ALIAS_INVALID, "topic alias " + alias);
        }
        if (view.topicLength() == 0) {
            if (alias == 0) {
                throw MqttCodecException.malformed("an empty topic");
            }
            Subject known = aliases.get(alias);
            if (known == null) {
                throw MqttCodecException.protocol("topic alias " + alias + " is not known");
            }
            return known;
        }
        Subject subject = zone.subjects().slashed(view.bytes(), view.topicAt(), view.topicLength());
        if (!zone.isLastValid(subject)) {
            validate(view);
            zone.lastValid(subject);
        }
        if (alias != 0) {
            aliases.set(alias, subject);
        }
        return subject;
    }

    private Subject mounted(Subject written) {
        Subject known = lastMounted;
        if (known == null || !written.equals(lastPlain)) {
            known = connection.door().mount(written);
            lastPlain = written;
            lastMounted = known;
        }
        return known;
    }

    private void validate(PublishView view) throws MqttCodecException {
        byte[] bytes = view.bytes();
        int at = view.topicAt();
        int length = view.topicLength();
        if (!TextRules.isText(bytes, at, length, true)) {
            throw MqttCodecException.malformed("the topic is not UTF-8 as MQTT has it");
        }
        if (!TopicRules.isName(bytes, at, length)) {
            throw MqttCodecException.malformed("a wildcard in a topic name");
        }
        if (length > shared.settings().maxTopicLength()) {
            throw MqttCodecException.of(
                    ReasonCode.TOPIC_NAME_INVALID, "a topic of " + length + " bytes");
        }
        int limit = shared.settings().maxTopicLevels();
        if (limit == 0) {
            return;
        }
        int levels = 1;
        for (int i = at; i < at + length; i++) {
            levels += bytes[i] == '/' ? 1 : 0;
        }
        if (levels > limit) {
            throw MqttCodecException.of(
                    ReasonCode.TOPIC_NAME_INVALID, "a topic of " + levels + " levels");
        }
    }

    private boolean mayWrite(Subject subject) {
        long rules = shared.access().rules();
        if (subject != lastWritten || rules != lastRules) {
            Session session = connection.session();
            lastAllowed = shared.access().mayWrite(session.principal(), session.peer(), subject);
            lastWritten = subject;
            lastRules = rules;
        }
        return lastAllowed;
    }

    /** Whether it may, by the rules and by what is asked of payloads; if not, that was answered. */
    private boolean mayPublish(Message message, PublishView view) {
        if (!mayWrite(message.subject())) {
            denied(view);
            return false;
        }
        String refusal = space().refusal(message);
        if (refusal == null) {
            return true;
        }
        LOG.atDebug()
                .addKeyValue("connection", connection.id())
                .addKeyValue("topic", message.subject())
                .addKeyValue("why", refusal)
                .log("A publish is refused");
        answer(view, ReasonCode.PAYLOAD_FORMAT_INVALID);
        return false;
    }

    /** Version 5 is told; version 3 is acknowledged and nothing is kept, or closed. */
    private void denied(PublishView view) {
        if (!connection.isV5() && shared.settings().deniedPublishCloses()) {
            connection.disconnect(
                    ReasonCode.NOT_AUTHORIZED,
                    new CloseReason(CloseReason.Kind.NOT_AUTHENTICATED, "publish not allowed"));
        } else {
            answer(view, ReasonCode.NOT_AUTHORIZED);
        }
    }

    private void answer(PublishView view, ReasonCode why) {
        switch (view.qos()) {
            case 1 -> connection.sendAck(PacketType.PUBACK, view.packetId(), why);
            case 2 -> connection.sendAck(PacketType.PUBREC, view.packetId(), why);
            default -> {
                // a publish of QoS 0 has no answer
            }
        }
    }

    // The message.

    /** What lies in the packet, as a message: the properties as they are where they may stay. */
    private Message fill(SessionZone zone, PublishView view, Subject subject) {
        Message message =
                zone.incoming()
                        .begin(subject, view.bytes(), view.payloadAt(), view.payloadLength())
                        .publisher(connection.id());
        int flags = view.qos() | (view.retain() ? MqttHeader.RETAIN : 0);
        int at = view.propertiesAt();
        int length = view.propertiesEnd() - at;
        if (view.aliasAt() < 0 && view.expiryAt() < 0) {
            return message.header(MqttHeader.CODEC, view.bytes(), at, length, flags);
        }
        byte[] header = zone.header(length + MqttHeader.EXPIRY_BYTES);
        int size = 0;
        if (view.expiryAt() >= 0) {
            flags |= MqttHeader.EXPIRES;
            long expiresAt = shared.clock().millis() + view.expiry() * 1000;
            MqttHeader.putLong(header, 0, expiresAt);
            size = MqttHeader.EXPIRY_BYTES;
        }
        size = copyWithout(view, header, size);
        return message.header(MqttHeader.CODEC, header, 0, size, flags);
    }

    /** Copies the properties but for topic alias and expiry. */
    private static int copyWithout(PublishView view, byte[] into, int size) {
        int aliasAt = view.aliasAt();
        int expiryAt = view.expiryAt();
        int to = size;
        int from = view.propertiesAt();
        while (from < view.propertiesEnd()) {
            if (from == aliasAt) {
                from += 3;
            } else if (from == expiryAt) {
                from += 5;
            } else {
                into[to++] = view.bytes()[from++];
            }
        }
        return to;
    }

    private Router.Space space() {
        Router.Space known = space;
        if (known == null) {
            known = shared.router().space(tenant());
            space = known;
        }
        return known;
    }

    private String tenant() {
        return connection.session().key().tenant();
    }

    /**
     * Version 5 was told how many publishes may be open; of version 3 as many are taken as there
     * are identifiers, within the bytes that a session may hold.
     */
    private void checkReceiveMaximum(int packetId) throws MqttCodecException {
        Session session = connection.session();
        if (session.unreleased() > 0 && session.incoming().containsKey(packetId)) {
            return;
        }
        int open = session.unreleased() + acks.pubAcks();
        if (open < shared.settings().receiveMaximum()) {
            return;
        }
        boolean tooMuch = session.unreleasedBytes() > shared.settings().maxQueuedBytes();
        if (connection.isV5() || tooMuch) {
            throw MqttCodecException.of(
                    ReasonCode.RECEIVE_MAXIMUM_EXCEEDED, "more than the receive maximum");
        }
    }

    // QoS 1.

    private void onQos1(Message message, PublishView view) {
        if (!mayPublish(message, view)) {
            return;
        }
        AckQueue.Pending answer = acks.begin(PacketType.PUBACK, view.packetId());
        answer.matched(shared.route(connection.session(), space(), message, new Receipt(answer)));
        acks.end(answer);
        connection.acksWait(acks.size());
    }

    // QoS 2.

    private void onQos2(Message message, PublishView view) throws MqttCodecException {
        if (qos2.isRepeated(message, view) || !mayPublish(message, view)) {
            return;
        }
        qos2.receive(message, view);
    }

    void onPubRel(int packetId) {
        qos2.onPubRel(packetId);
    }

    // Ends of what was sent to the client.

    void onPubAck(MqttPacket.PubAck packet) throws MqttCodecException {
        Session session = connection.session();
        Entry entry = session.sender().window().find(packet.packetId());
        if (entry == null) {
            return;
        }
        if (entry.qos != 1 || entry.state != State.SENT) {
            throw MqttCodecException.protocol("PUBACK for a QoS 2 message");
        }
        session.sender().onEnd(entry);
    }

    void onPubRec(MqttPacket.PubRec packet) throws MqttCodecException {
        Session session = connection.session();
        Entry entry = session.sender().window().find(packet.packetId());
        if (entry == null) {
            if (!packet.reason().isError()) {
                connection.sendAck(PacketType.PUBREL, packet.packetId());
            }
            return;
        }
        if (entry.qos != 2) {
            throw MqttCodecException.protocol("PUBREC for a QoS 1 message");
        }
        if (packet.reason().isError()) {
            session.sender().onEnd(entry);
        } else {
            session.sender().onReceived(entry);
        }
    }

    void onPubComp(MqttPacket.PubComp packet) throws MqttCodecException {
        Session session = connection.session();
        Entry entry = session.sender().window().find(packet.packetId());
        if (entry == null) {
            return;
        }
        if (entry.state != State.RELEASED) {
            throw MqttCodecException.protocol("PUBCOMP without PUBREL");
        }
        session.sender().onEnd(entry);
    }

    void onEnded() {
        acks.clear();
    }
}
