package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.MqttDecoder;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client that keeps its half of the session as the standard asks (4.3, 4.4), remembers what it
 * was promised and what it got, and never blocks. One thread.
 */
final class SimulatedClient {

    private static final int OPEN = 30;

    private final String id;
    private final Random random;
    private final List<String> filters;
    private final MqttDecoder decoder = new MqttDecoder();

    /** Publishes that are not finished, by packet identifier, in their order. */
    private final Map<Integer, Outgoing> outgoing = new LinkedHashMap<>();

    private final Map<String, Integer> nextSequence = new HashMap<>();
    private final Set<Integer> halfReceived = new HashSet<>();
    private final Deque<MqttPacket> lateAnswers = new ArrayDeque<>();

    /** What came, in its order, by topic and publisher. */
    private final Map<String, List<Integer>> received = new HashMap<>();

    /** What the broker took over, by topic. */
    private final Map<String, Integer> promised = new HashMap<>();

    private ByteBuf in = Unpooled.buffer();
    private @Nullable SocketChannel socket;
    private int nextId;
    private boolean up;
    private boolean everUp;

    private static final class Outgoing {
        final String topic;
        final int sequence;
        final int qos;
        boolean released;

        Outgoing(String topic, int sequence, int qos) {
            this.topic = topic;
            this.sequence = sequence;
            this.qos = qos;
        }
    }

    SimulatedClient(String id, List<String> filters, Random random) {
        this.id = id;
        this.filters = List.copyOf(filters);
        this.random = random;
    }

    String id() {
        return id;
    }

    List<String> filters() {
        return filters;
    }

    boolean isConnected() {
        return socket != null;
    }

    boolean isReady() {
        return up;
    }

    boolean isDone() {
        return up && outgoing.isEmpty() && lateAnswers.isEmpty();
    }

    Map<String, List<Integer>> received() {
        return received;
    }

    Map<String, Integer> promised() {
        return promised;
    }

    /** Opens a connection; an older one of the same client is taken over. */
    void connect(int port) {
        close();
        try {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            socket = channel;
        } catch (IOException e) {
            return; // the broker is away
        }
        Properties expiry =
                Properties.builder().number(Property.SESSION_EXPIRY_INTERVAL, 100_000).build();
        send(TestClient.connect(MqttVersion.V5, id, false, expiry, null));
    }

    /** Forgets the socket without a word; what was on its way is lost or not. */
    void close() {
        SocketChannel old = socket;
        socket = null;
        up = false;
        in = Unpooled.buffer();
        lateAnswers.clear();
        if (old != null) {
            try {
                old.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    void publish(String topic, int qos) {
        if (!up || outgoing.size() >= OPEN) {
            return;
        }
        do {
            nextId = nextId % 65_535 + 1;
        } while (outgoing.containsKey(nextId));
        int sequence = nextSequence.merge(topic, 1, Integer::sum);
        Outgoing message = new Outgoing(topic, sequence, qos);
        outgoing.put(nextId, message);
        sendPublish(nextId, message, false);
    }

    private void sendPublish(int packetId, Outgoing message, boolean again) {
        send(
                new MqttPacket.Publish(
                        again,
                        message.qos,
                        false,
                        message.topic,
                        packetId,
                        Properties.NONE,
                        (id + ' ' + message.sequence).getBytes(StandardCharsets.UTF_8)));
    }

    /** Takes what has come; whether there was anything. */
    boolean pump() {
        SocketChannel from = socket;
        if (from == null) {
            return false;
        }
        boolean some = false;
        try {
            ByteBuffer chunk = ByteBuffer.allocate(16 << 10);
            int count = from.read(chunk);
            if (count < 0) {
                close();
                return true;
            }
            in.discardReadBytes().writeBytes(chunk.flip());
            MqttPacket packet = decoder.decode(in, MqttVersion.V5);
            while (packet != null && socket == from) {
                some = true;
                on(packet);
                packet = decoder.decode(in, MqttVersion.V5);
            }
        } catch (IOException e) {
            close();
        } catch (MqttCodecException e) {
            throw new AssertionError(id + " was sent something malformed", e);
        }
        return some;
    }

    private void on(MqttPacket packet) {
        switch (packet) {
            case MqttPacket.ConnAck ack -> onConnected(ack);
            case MqttPacket.SubAck ack -> up = true;
            case MqttPacket.PubAck ack -> onFinished(ack.packetId(), ack.reason());
            case MqttPacket.PubRec rec -> onReceived(rec);
            case MqttPacket.PubRel rel -> {
                halfReceived.remove(rel.packetId());
                answer(new MqttPacket.PubComp(rel.packetId(), ReasonCode.SUCCESS, Properties.NONE));
            }
            case MqttPacket.PubComp comp -> onFinished(comp.packetId(), comp.reason());
            case MqttPacket.Publish publish -> onMessage(publish);
            case MqttPacket.Disconnect end -> close();
            default -> throw new AssertionError(id + " got " + packet);
        }
    }

    private void onConnected(MqttPacket.ConnAck ack) {
        if (ack.code() != 0) {
            close();
            return;
        }
        if (everUp && !ack.sessionPresent()) {
            throw new AssertionError(id + ": the session is gone");
        }
        if (everUp) {
            up = true;
            outgoing.forEach(
                    (packetId, message) -> {
                        if (message.released) {
                            send(
                                    new MqttPacket.PubRel(
                                            packetId, ReasonCode.SUCCESS, Properties.NONE));
                        } else {
                            sendPublish(packetId, message, true);
                        }
                    });
            return;
        }
        everUp = true;
        List<MqttPacket.Subscribe.Request> requests = new ArrayList<>();
        for (String filter : filters) {
            requests.add(new MqttPacket.Subscribe.Request(filter, 2, false, false, 0));
        }
        if (requests.isEmpty()) {
            up = true;
        } else {
            send(new MqttPacket.Subscribe(1, Properties.NONE, requests));
        }
    }

    private void onReceived(MqttPacket.PubRec rec) {
        Outgoing message = outgoing.get(rec.packetId());
        if (message != null && rec.reason().isError()) {
            throw new AssertionError(id + ": " + rec.reason());
        }
        if (message != null) {
            message.released = true;
        }
        send(new MqttPacket.PubRel(rec.packetId(), ReasonCode.SUCCESS, Properties.NONE));
    }

    private void onFinished(int packetId, ReasonCode reason) {
        if (reason.isError()) {
            throw new AssertionError(id + ": " + reason);
        }
        Outgoing message = outgoing.remove(packetId);
        if (message != null) {
            promised.merge(message.topic, message.sequence, Math::max);
        }
    }

    private void onMessage(MqttPacket.Publish publish) {
        boolean known = publish.qos() == 2 && !halfReceived.add(publish.packetId());
        if (!known) {
            String text = new String(publish.payload(), StandardCharsets.UTF_8);
            int space = text.indexOf(' ');
            received.computeIfAbsent(
                            publish.topic() + ' ' + text.substring(0, space),
                            key -> new ArrayList<>())
                    .add(Integer.valueOf(text.substring(space + 1)));
        }
        answer(
                publish.qos() == 1
                        ? new MqttPacket.PubAck(
                                publish.packetId(), ReasonCode.SUCCESS, Properties.NONE)
                        : new MqttPacket.PubRec(
                                publish.packetId(), ReasonCode.SUCCESS, Properties.NONE));
    }

    /** Some answers come late, in their order. */
    private void answer(MqttPacket packet) {
        if (!lateAnswers.isEmpty() || random.nextInt(4) == 0) {
            lateAnswers.add(packet);
        } else {
            send(packet);
        }
    }

    void answerAll() {
        while (!lateAnswers.isEmpty() && socket != null) {
            send(lateAnswers.remove());
        }
    }

    private void send(MqttPacket packet) {
        SocketChannel to = socket;
        if (to == null) {
            return;
        }
        ByteBuf out = Unpooled.buffer();
        MqttEncoder.encode(packet, MqttVersion.V5, out);
        ByteBuffer bytes = out.nioBuffer();
        try {
            while (bytes.hasRemaining()) {
                to.write(bytes);
            }
        } catch (IOException e) {
            close();
        }
    }
}
