package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.polymq.codec.mqtt.FixedHeader;
import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.PacketType;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.core.message.Message;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.Outbox;
import io.polymq.network.ProtocolHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: frames, phases, and writing packets. What the packets mean is in the
 * handlers.
 *
 * <pre>
 *  CONNECTING --CONNECT--> AUTHENTICATING --accepted--> ACTIVE
 *       |                        |                        |
 *       +------------------------+-----> ENDED <----------+
 * </pre>
 *
 * Connection zone, except for {@link #sendQos0}.
 */
final class MqttConnection implements ProtocolHandler {

    /** Where a connection stands. */
    enum Phase {
        CONNECTING,
        /** The identity is being checked: packets wait, but for AUTH. */
        AUTHENTICATING,
        ACTIVE,
        ENDED
    }

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    private final MqttShared shared;
    private final Connection connection;
    private final Outbox outbox;
    private final SessionZone zone;
    private final Door door;
    private final ConnectHandler connects;
    private final PublishHandler publishes;
    private final SubscribeHandler subscribes;

    private Phase phase = Phase.CONNECTING;
    private volatile ClientLimits limits = ClientLimits.UNKNOWN;
    private TopicAliases aliases = TopicAliases.NO_ALIASES;
    private @Nullable Session session;
    private boolean sendWill = true;
    private boolean paused;
    private boolean behind;
    private long lastPacketAt;

    MqttConnection(MqttShared shared, Connection connection, SessionZone zone, Door door) {
        this.shared = shared;
        this.connection = connection;
        this.outbox = connection.outbox();
        this.zone = zone;
        this.door = door;
        this.connects = new ConnectHandler(shared, this);
        this.publishes = new PublishHandler(shared, this);
        this.subscribes = new SubscribeHandler(shared, this);
    }

    // Facts.

    long id() {
        return connection.id();
    }

    Connection connection() {
        return connection;
    }

    SessionZone zone() {
        return zone;
    }

    /** Any thread. */
    Door door() {
        return door;
    }

    Phase phase() {
        return phase;
    }

    ClientLimits limits() {
        return limits;
    }

    /** As CONNECT said; empty before, and when it left the choice to the broker. Any thread. */
    String clientId() {
        return limits.clientId();
    }

    SubscribeHandler subscribes() {
        return subscribes;
    }

    TopicAliases aliases() {
        return aliases;
    }

    boolean isV5() {
        return limits.version() == MqttVersion.V5;
    }

    boolean isHere() {
        return zone.isHere();
    }

    void run(Runnable task) {
        zone.run(
                () -> {
                    if (phase != Phase.ENDED) {
                        task.run();
                    }
                });
    }

    /** Only while ACTIVE. */
    Session session() {
        Session attached = session;
        if (attached == null) {
            throw new IllegalStateException("no session in " + phase);
        }
        return attached;
    }

    // Phases.

    void authenticating(ClientLimits announced) {
        limits = announced;
        phase = Phase.AUTHENTICATING;
    }

    /** The one who asked is let in. */
    void active(Session attached, TopicAliases connectionAliases) {
        session = attached;
        aliases = connectionAliases;
        phase = Phase.ACTIVE;
        lastPacketAt = System.nanoTime();
    }

    /** Input waits until {@link #resume}. */
    void pause() {
        if (!paused) {
            paused = true;
            connection.pauseReading();
        }
    }

    void resume() {
        if (paused) {
            paused = false;
            connection.resumeReading();
        }
    }

    // Reading.

    @Override
    public void read(ByteBuf in) {
        assert isHere();
        try {
            while (phase != Phase.ENDED && !paused && in.isReadable() && readSome(in)) {
                // on with the next run of packets
            }
        } catch (MqttCodecException e) {
            fail(e);
        }
        if (phase == Phase.ENDED) {
            in.skipBytes(in.readableBytes());
        }
    }

    /** Copies what fits and handles the whole packets in it; false when more bytes are needed. */
    private boolean readSome(ByteBuf in) throws MqttCodecException {
        byte[] bytes = zone.input();
        int length = Math.min(in.readableBytes(), bytes.length);
        in.getBytes(in.readerIndex(), bytes, 0, length);
        int at = 0;
        int missing = 0;
        while (at < length && phase != Phase.ENDED && !paused) {
            int first = bytes[at] & 0xFF;
            checkType(first);
            int remaining = FixedHeader.remainingLength(bytes, at, length);
            if (remaining < 0) {
                checkLength(remaining);
                break;
            }
            int size = FixedHeader.size(remaining) + remaining;
            checkSize(size);
            if (at + size > length) {
                missing = size;
                break;
            }
            onPacket(first, bytes, at + size - remaining, at + size);
            at += size;
        }
        in.skipBytes(at);
        if (missing > bytes.length && in.readableBytes() >= missing) {
            readLarge(in, missing);
            return true;
        }
        return at > 0 && (missing == 0 || in.readableBytes() >= missing);
    }

    private void readLarge(ByteBuf in, int size) throws MqttCodecException {
        byte[] bytes = new byte[size];
        in.readBytes(bytes);
        int remaining = FixedHeader.remainingLength(bytes, 0, size);
        onPacket(bytes[0] & 0xFF, bytes, size - remaining, size);
    }

    /** What no length can make right is refused before it is looked at. */
    private void checkType(int first) throws MqttCodecException {
        int type = first >> 4;
        if (phase == Phase.CONNECTING && first != 0x10) {
            boolean old31 = first >> 4 == PacketType.CONNECT;
            if (!old31) {
                throw MqttCodecException.silent(
                        ReasonCode.MALFORMED_PACKET, "the first packet is not CONNECT");
            }
        }
        if (phase == Phase.ACTIVE && type == 0) {
            throw MqttCodecException.protocol("packet type 0");
        }
    }

    private static void checkLength(int remaining) throws MqttCodecException {
        if (remaining == FixedHeader.MALFORMED) {
            throw MqttCodecException.silent(
                    ReasonCode.MALFORMED_PACKET, "the remaining length is malformed");
        }
    }

    private void checkSize(int size) throws MqttCodecException {
        if (size > connection.packetLimit()) {
            throw MqttCodecException.of(
                    ReasonCode.PACKET_TOO_LARGE, "a packet of " + size + " bytes");
        }
    }

    private void onPacket(int first, byte[] bytes, int from, int to) throws MqttCodecException {
        lastPacketAt = 0;
        switch (phase) {
            case CONNECTING -> connects.onFirst(first, bytes, from, to);
            case AUTHENTICATING -> connects.onAuthenticating(decode(first, bytes, from, to));
            case ACTIVE -> onActive(first, bytes, from, to);
            case ENDED -> {
                // bytes behind a goodbye count for nothing
            }
        }
    }

    private MqttPacket decode(int first, byte[] bytes, int from, int to) throws MqttCodecException {
        MqttPacket packet = zone.decoder().decode(first, bytes, from, to, limits.version());
        if (shared.trace().isOn()) {
            shared.trace().packet(this, "received", packet);
        }
        return packet;
    }

    private void onActive(int first, byte[] bytes, int from, int to) throws MqttCodecException {
        int type = first >> 4;
        if (type == PacketType.PUBLISH) {
            publishes.onPublish(first, bytes, from, to);
            return;
        }
        if (type == PacketType.CONNACK
                || (first & 15) == 0
                        && (type == PacketType.SUBACK || type == PacketType.UNSUBACK)) {
            throw MqttCodecException.protocol("a packet that only servers send");
        }
        switch (decode(first, bytes, from, to)) {
            case MqttPacket.PubAck p -> publishes.onPubAck(p);
            case MqttPacket.PubRec p -> publishes.onPubRec(p);
            case MqttPacket.PubRel p -> publishes.onPubRel(p.packetId());
            case MqttPacket.PubComp p -> publishes.onPubComp(p);
            case MqttPacket.Subscribe p -> subscribes.onSubscribe(p);
            case MqttPacket.Unsubscribe p -> subscribes.onUnsubscribe(p);
            case MqttPacket.PingReq p -> send(new MqttPacket.PingResp());
            case MqttPacket.Disconnect p -> onDisconnect(p);
            case MqttPacket.Auth p -> connects.onReauthenticate(p);
            case MqttPacket.Connect p -> throw MqttCodecException.protocol("a second CONNECT");
            case MqttPacket.Publish p -> throw new IllegalStateException("handled before");
            case MqttPacket.ConnAck p -> throw MqttCodecException.protocol("CONNACK from a client");
            case MqttPacket.SubAck p -> throw MqttCodecException.protocol("SUBACK from a client");
            case MqttPacket.UnsubAck p ->
                    throw MqttCodecException.protocol("UNSUBACK from a client");
            case MqttPacket.PingResp p ->
                    throw MqttCodecException.protocol("PINGRESP from a client");
        }
    }

    private void onDisconnect(MqttPacket.Disconnect packet) throws MqttCodecException {
        connects.checkExpiry(packet);
        sendWill = packet.reason() != ReasonCode.SUCCESS;
        leave(new CloseReason(CloseReason.Kind.CLIENT_REQUEST, "DISCONNECT"));
    }

    // Keep-alive.

    /**
     * Asked about once a second: whether the client has sent no whole packet for one and a half
     * times its keep-alive (3.1.2.10); bytes of an unfinished one are no sign of life.
     */
    boolean isLate(long now) {
        if (lastPacketAt == 0) {
            lastPacketAt = now;
        }
        long limit = limits.keepAliveNanos();
        return phase == Phase.ACTIVE && limit > 0 && now - lastPacketAt > limit;
    }

    void keepAliveExpired() {
        disconnect(
                ReasonCode.KEEP_ALIVE_TIMEOUT,
                new CloseReason(CloseReason.Kind.IDLE, "keep-alive"));
    }

    // Writing.

    void send(MqttPacket packet) {
        if (shared.trace().isOn()) {
            shared.trace().packet(this, "sent", packet);
        }
        int size = MqttEncoder.encodedSize(packet, limits.version());
        ByteBuf out = outbox.begin(size);
        try {
            MqttEncoder.encode(packet, limits.version(), out);
        } finally {
            outbox.end();
        }
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP that says success. */
    void sendAck(int packetType, int packetId) {
        if (shared.trace().isOn()) {
            shared.trace().ack(this, packetType, packetId, ReasonCode.SUCCESS);
        }
        ByteBuf out = outbox.begin(4);
        try {
            int flags = packetType == PacketType.PUBREL ? 2 : 0;
            out.writeInt((packetType << 4 | flags) << 24 | 2 << 16 | packetId);
        } finally {
            outbox.end();
        }
    }

    void sendAck(int packetType, int packetId, ReasonCode reason) {
        if (reason == ReasonCode.SUCCESS || !isV5()) {
            sendAck(packetType, packetId);
            return;
        }
        if (shared.trace().isOn()) {
            shared.trace().ack(this, packetType, packetId, reason);
        }
        ByteBuf out = outbox.begin(5);
        try {
            out.writeInt(packetType << 28 | 3 << 16 | packetId);
            out.writeByte(reason.code());
        } finally {
            outbox.end();
        }
    }

    /** So many answers to publishes still wait; version 3 has no other way to be slowed down. */
    void acksDrained(int waiting) {
        if (behind && waiting <= shared.settings().receiveMaximum() / 2) {
            behind = false;
            resume();
        }
    }

    void acksWait(int waiting) {
        if (!behind && !isV5() && waiting >= shared.settings().receiveMaximum()) {
            behind = true;
            pause();
        }
    }

    /** The message of a publish is safe with everyone who has to keep it so. */
    void publishDone(int packetType, int packetId, int matched) {
        boolean nobody = matched == 0 && packetType == PacketType.PUBACK;
        sendAck(
                packetType,
                packetId,
                nobody ? ReasonCode.NO_MATCHING_SUBSCRIBERS : ReasonCode.SUCCESS);
    }

    /** It is not; version 3 and PUBCOMP have no words for that, so the client will try again. */
    void publishFailed(int packetType, int packetId, ReasonCode reason) {
        if (isV5() && packetType != PacketType.PUBCOMP) {
            sendAck(packetType, packetId, reason);
        } else {
            disconnect(reason, new CloseReason(MqttErrors.toKind(reason), "publish not stored"));
        }
    }

    boolean canSend() {
        return phase == Phase.ACTIVE && !outbox.isCongested();
    }

    int sendWindow() {
        return limits.sendWindow();
    }

    /** Any thread: writes a QoS 0 message unless the client is too slow for it. */
    boolean sendQos0(Message message, MqttSubscription.Options options) {
        if (outbox.pendingBytes() > shared.settings().maxPendingQos0()) {
            shared.metrics().dropped();
            return false;
        }
        boolean retain = options.retainAsPublished() && MqttHeader.retain(message);
        int how = retain ? PublishForm.RETAIN : 0;
        int alias = isHere() ? -1 : 0;
        sendPublish(message, how, options.subscriptionId(), 0, alias);
        return true;
    }

    /** A retained message with QoS 0, which is not dropped: its sender heeds the outbox. */
    void sendRetained(Message message, MqttSubscription.Options options) {
        sendPublish(message, PublishForm.RETAIN, options.subscriptionId(), 0, -1);
    }

    boolean sendPublish(Message message, int how, int subscriptionId, int packetId, boolean again) {
        int known = again ? 0 : -1;
        return sendPublish(message, how, subscriptionId, packetId, known);
    }

    /**
     * @param aliased -1 when an alias may be used
     * @return false when the client cannot take the message
     */
    private boolean sendPublish(
            Message message, int how, int subscriptionId, int packetId, int aliased) {
        ClientLimits to = limits;
        PublishForm form = PublishForm.of(message, shared.clock());
        if ((how & PublishForm.DUP) == 0 && form.isExpired(shared.clock())) {
            return false;
        }
        if (door.mounts() && !form.hide(door.mounted())) {
            return false;
        }
        int full = how | (to.version() == MqttVersion.V5 ? PublishForm.V5 : 0);
        int id = to.version() == MqttVersion.V5 ? subscriptionId : 0;
        int alias = aliased == 0 ? 0 : aliases.outgoing(message.subject());
        int size = form.write(outbox, message, full, id, packetId, alias, to.maxPacketSize());
        if (size == 0) {
            if (alias < 0) {
                aliases.forget(message.subject());
            }
            return false;
        }
        shared.metrics().sent();
        if (shared.trace().isOn()) {
            traceSent(message, how, packetId, size);
        }
        return true;
    }

    private void traceSent(Message message, int how, int packetId, int size) {
        boolean retain = (how & PublishForm.RETAIN) != 0;
        shared.trace().publish(this, "sent", message.subject(), how & 3, retain, packetId, size);
    }

    @Override
    public void writable(boolean writable) {
        Session attached = session;
        if (writable && attached != null && phase == Phase.ACTIVE) {
            attached.sender().pump();
        }
    }

    // Ending.

    private void fail(MqttCodecException fault) {
        LOG.atDebug()
                .addKeyValue("remote", connection.remote())
                .addKeyValue("reason", fault.reason())
                .log(fault.getMessage());
        CloseReason reason =
                new CloseReason(
                        MqttErrors.toKind(fault.reason()), String.valueOf(fault.getMessage()));
        if (fault.answered()) {
            disconnect(fault.reason(), reason);
        } else {
            leave(reason);
        }
    }

    /** Says goodbye, where the version has words for it, and closes. */
    void disconnect(ReasonCode reason, CloseReason why) {
        if (phase == Phase.ACTIVE && isV5() && reason.mayStandIn(PacketType.DISCONNECT)) {
            send(new MqttPacket.Disconnect(reason, Properties.NONE));
        }
        leave(why);
    }

    /** Another connection wants the session. */
    void takenOver() {
        disconnect(
                ReasonCode.SESSION_TAKEN_OVER,
                new CloseReason(CloseReason.Kind.TAKEN_OVER, "another connection took over"));
    }

    /** Lets go of the session and closes. */
    void leave(CloseReason why) {
        release(String.valueOf(why.kind()));
        connection.close(why);
    }

    private void release(String why) {
        if (phase == Phase.ENDED) {
            return;
        }
        phase = Phase.ENDED;
        if (shared.trace().isOn()) {
            shared.trace().ended(this, why);
        }
        connects.onEnded();
        publishes.onEnded();
        Session attached = session;
        session = null;
        if (attached != null && attached.connection() == this) {
            shared.sessions().detach(attached, sendWill);
        }
    }

    @Override
    public void ending(CloseReason reason) {
        disconnect(MqttErrors.toReason(reason.kind()), reason);
    }

    @Override
    public void closed(CloseReason reason) {
        release(String.valueOf(reason.kind()));
    }
}
