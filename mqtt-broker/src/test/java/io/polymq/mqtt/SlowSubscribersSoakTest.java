package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.conformance.AllowAll;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Thousands of subscribers, of whom some stop reading for a while at random. The heap must stay
 * flat, and nobody else may notice (case 28): latency of a subscriber that reads is measured all
 * the time. {@code -Dpolymq.soak.clients=10000 -Dpolymq.soak.minutes=30}.
 */
@Tag("soak")
class SlowSubscribersSoakTest {

    private static final int CLIENTS = Integer.getInteger("polymq.soak.clients", 10_000);
    private static final int MINUTES = Integer.getInteger("polymq.soak.minutes", 30);
    private static final int TOPICS = 100;
    private static final int PER_SECOND = 200;
    private static final int PAYLOAD = 1024;

    private final Random random = new Random(1);
    private final List<Reader> readers = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean stalling;

    /** A subscriber that reads, unless it is stalled, and throws away what it gets. */
    private static final class Reader {
        final SocketChannel socket;
        SelectionKey key;
        long stalledUntil;

        Reader(SocketChannel socket) {
            this.socket = socket;
        }
    }

    @Test
    void stalledSubscribersCostNobodyElseAnything() throws Exception {
        try (TestServer server = new TestServer(MqttSettings.DEFAULT, new AllowAll(), null, 0, 2)) {
            Selector selector = Selector.open();
            for (int i = 0; i < CLIENTS; i++) {
                readers.add(subscriber(server.port(), selector, i));
            }
            Thread reading = Thread.ofPlatform().start(() -> read(selector));
            Thread flooding = Thread.ofPlatform().start(() -> flood(server.port()));
            try {
                measure(server.port());
            } finally {
                over.set(true);
                reading.join();
                flooding.join();
                selector.close();
                for (Reader reader : readers) {
                    reader.socket.close();
                }
            }
        }
    }

    /** A quiet minute first, then the others beside it. */
    private void measure(int port) throws InterruptedException {
        long calm = p99Of(port, 20);
        long heap = usedHeap();
        System.out.printf("calm: p99 %d us, heap %d MiB%n", calm, heap >> 20);
        stalling = true;
        List<Long> stalled = new ArrayList<>();
        long most = 0;
        for (int minute = 0; minute < MINUTES; minute++) {
            long p99 = p99Of(port, 60);
            stalled.add(p99);
            long now = usedHeap();
            most = Math.max(most, now);
            System.out.printf("minute %d: p99 %d us, heap %d MiB%n", minute, p99, now >> 20);
        }
        stalled.sort(null);
        long median = stalled.get(stalled.size() / 2);
        assertThat(median).as("p99 in microseconds").isLessThanOrEqualTo(Math.max(2 * calm, 2_000));
        // what waits for the stalled is bounded: max_pending_qos0 each, in direct memory
        assertThat(most).as("heap").isLessThan(heap + (256L << 20));
    }

    private static long usedHeap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** Microseconds from publish to delivery between two clients of their own. */
    private static long p99Of(int port, int seconds) throws InterruptedException {
        long[] took = new long[seconds * 50];
        try (TestClient client = TestClient.v5(port)) {
            client.connect("probe", true);
            client.subscribe("probe", 1);
            for (int i = 0; i < took.length; i++) {
                long begun = System.nanoTime();
                client.send(TestClient.message("probe", 0, false, "p", 0));
                client.expectMessage("probe", "p");
                took[i] = (System.nanoTime() - begun) / 1_000;
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
        Arrays.sort(took);
        return took[took.length * 99 / 100];
    }

    private static Reader subscriber(int port, Selector selector, int number) throws IOException {
        SocketChannel socket = SocketChannel.open();
        socket.setOption(StandardSocketOptions.SO_RCVBUF, 16 << 10);
        InetSocketAddress from = new InetSocketAddress("127.0.0." + (2 + number / 20_000), 0);
        socket.bind(from).connect(new InetSocketAddress("127.0.0.1", port));
        ByteBuf out = Unpooled.buffer();
        MqttEncoder.encode(
                TestClient.connect(MqttVersion.V5, "r" + number, true, Properties.NONE, null),
                MqttVersion.V5,
                out);
        MqttEncoder.encode(
                new MqttPacket.Subscribe(
                        1,
                        Properties.NONE,
                        List.of(
                                new MqttPacket.Subscribe.Request(
                                        "flood/" + number % TOPICS, 0, false, false, 0))),
                MqttVersion.V5,
                out);
        socket.write(ByteBuffer.wrap(ByteBufUtil.getBytes(out)));
        socket.configureBlocking(false);
        Reader reader = new Reader(socket);
        reader.key = socket.register(selector, SelectionKey.OP_READ, reader);
        return reader;
    }

    private void read(Selector selector) {
        ByteBuffer chunk = ByteBuffer.allocateDirect(256 << 10);
        long next = System.nanoTime();
        try {
            while (!over.get()) {
                selector.select(
                        key -> {
                            Reader reader = (Reader) key.attachment();
                            try {
                                chunk.clear();
                                if (reader.socket.read(chunk) < 0) {
                                    key.cancel();
                                }
                            } catch (IOException e) {
                                key.cancel();
                            }
                        },
                        20);
                long now = System.nanoTime();
                if (now > next && stalling) {
                    next = now + TimeUnit.MILLISECONDS.toNanos(100);
                    stallSome(now);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** About one in twenty does not read at any time, for ten seconds each. */
    private void stallSome(long now) {
        for (int i = 0; i < Math.max(1, CLIENTS / 2_000); i++) {
            Reader reader = readers.get(random.nextInt(readers.size()));
            reader.stalledUntil = now + TimeUnit.SECONDS.toNanos(10);
            if (reader.key.isValid()) {
                reader.key.interestOps(0);
            }
        }
        for (Reader reader : readers) {
            if (reader.stalledUntil != 0 && now > reader.stalledUntil && reader.key.isValid()) {
                reader.stalledUntil = 0;
                reader.key.interestOps(SelectionKey.OP_READ);
            }
        }
    }

    private void flood(int port) {
        String payload = "x".repeat(PAYLOAD);
        try (TestClient client = TestClient.v5(port)) {
            client.connect("flood", true);
            for (int i = 0; !over.get(); i++) {
                client.send(TestClient.message("flood/" + i % TOPICS, 0, false, payload, 0));
                TimeUnit.NANOSECONDS.sleep(1_000_000_000L / PER_SECOND);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
