package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.PlatformDependent;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.config.MqttConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.conformance.AllowAll;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Thousands of subscribers, of whom some stop reading for a while at random, and a broker in a
 * process of its own. Its memory must stay flat, nobody may be closed for it, and nobody else may
 * notice (case 28): latency of a subscriber that reads is measured all the time. {@code
 * -Dpolymq.soak.clients=10000 -Dpolymq.soak.minutes=30}; each client takes a file descriptor on
 * either side.
 */
@Tag("soak")
class SlowSubscribersSoakTest {

    private static final int CLIENTS = Integer.getInteger("polymq.soak.clients", 10_000);
    private static final int MINUTES = Integer.getInteger("polymq.soak.minutes", 30);
    private static final int TOPICS = 100;
    private static final int PER_SECOND = 200;
    private static final int PROBES_PER_SECOND = 50;
    private static final int PAYLOAD = 1024;
    private static final int NO_KEEP_ALIVE = 0; // a stalled one would miss it
    private static final int PENDING = 256 << 10;
    private static final long STALL = TimeUnit.SECONDS.toNanos(60); // more than sockets hold
    private static final String MEMORY = "memory";

    private final Random random = new Random(1);
    private final List<Reader> readers = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean stalling;

    /** A subscriber that reads, unless it is stalled, and throws away what it gets. */
    private static final class Reader {
        final SocketChannel socket;
        final SelectionKey key;
        long stalledUntil;
        long bytes;
        volatile boolean closed;

        Reader(SocketChannel socket, Selector selector) throws IOException {
            this.socket = socket;
            this.key = socket.register(selector, SelectionKey.OP_READ, this);
        }
    }

    /** Bytes of the broker's heap after a collection, and of its buffers outside. */
    private record Memory(long heap, long direct) {
        static Memory of(BrokerProcess broker) throws IOException {
            String[] parts = broker.ask(MEMORY).split(" ");
            return new Memory(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
        }

        @Override
        public String toString() {
            return "heap " + (heap >> 20) + " MiB, buffers " + (direct >> 20) + " MiB";
        }
    }

    @Test
    void stalledSubscribersCostNobodyElseAnything() throws Exception {
        BrokerProcess broker = BrokerProcess.start(Measured.class);
        try (Selector selector = Selector.open();
                ScheduledExecutorService pacer = Executors.newScheduledThreadPool(2);
                TestClient flood = TestClient.v5(broker.port())) {
            for (int i = 0; i < CLIENTS; i++) {
                readers.add(subscriber(broker.port(), selector, i));
            }
            Thread reading = Thread.ofPlatform().start(() -> read(selector));
            try {
                flood.connect("flood", true);
                Future<?> flooding = flood(pacer, flood);
                measure(broker, pacer);
                assertThat(flooding).as("the flood").isNotDone();
                flooding.cancel(false);
            } finally {
                pacer.shutdown();
                over.set(true);
                reading.join();
                for (Reader reader : readers) {
                    reader.socket.close();
                }
            }
            assertStalledOnesMissedSomething();
        } finally {
            broker.kill();
        }
    }

    /** A calm minute before and another behind those in which some do not read. */
    private void measure(BrokerProcess broker, ScheduledExecutorService pacer) throws Exception {
        p99Of(broker.port(), pacer, 10); // what is compiled while it runs is no latency
        long first = p99Of(broker.port(), pacer, 60);
        Memory before = Memory.of(broker);
        System.out.printf("calm, %d clients: p99 %d us, %s%n", CLIENTS, first, before);
        stalling = true;
        List<Long> stalled = new ArrayList<>();
        long mostHeap = 0;
        for (int minute = 0; minute < MINUTES; minute++) {
            long p99 = p99Of(broker.port(), pacer, 60);
            stalled.add(p99);
            Memory now = Memory.of(broker);
            mostHeap = Math.max(mostHeap, now.heap());
            assertThat(readers).as("closed").noneMatch(reader -> reader.closed);
            System.out.printf("minute %d: p99 %d us, %s%n", minute, p99, now);
        }
        stalling = false;
        long last = p99Of(broker.port(), pacer, 60);
        System.out.printf("calm again: p99 %d us%n", last);
        long calm = (first + last) / 2;
        stalled.sort(null);
        long median = stalled.get(stalled.size() / 2);
        System.out.printf(
                "p99 %d us, %.2f of the calm's; heap at most %d MiB, %d MiB more%n",
                median, (double) median / calm, mostHeap >> 20, (mostHeap - before.heap()) >> 20);
        assertThat(median).as("p99 in microseconds").isLessThanOrEqualTo(Math.max(2 * calm, 2_000));
        // what waits for the stalled is bounded: max_pending_qos0 each, outside the heap
        assertThat(mostHeap).as("heap").isLessThan(before.heap() + (32L << 20));
    }

    /** Microseconds from publish to delivery between two clients of their own. */
    private static long p99Of(int port, ScheduledExecutorService pacer, int seconds)
            throws Exception {
        long[] took = new long[seconds * PROBES_PER_SECOND];
        CompletableFuture<Void> all = new CompletableFuture<>();
        try (TestClient client = TestClient.v5(port)) {
            client.connect("probe", true);
            client.subscribe("probe", 1);
            int[] next = {0};
            Future<?> probing =
                    pacer.scheduleAtFixedRate(
                            () -> {
                                try {
                                    if (next[0] < took.length) {
                                        took[next[0]++] = probe(client);
                                    } else {
                                        all.complete(null);
                                    }
                                } catch (RuntimeException | AssertionError e) {
                                    all.completeExceptionally(e);
                                }
                            },
                            0,
                            1_000 / PROBES_PER_SECOND,
                            TimeUnit.MILLISECONDS);
            try {
                all.get(10L * seconds, TimeUnit.SECONDS);
            } finally {
                probing.cancel(false);
            }
        }
        Arrays.sort(took);
        return took[took.length * 99 / 100];
    }

    private static long probe(TestClient client) {
        long begun = System.nanoTime();
        client.send(TestClient.message("probe", 0, false, "p", 0));
        client.expectMessage("probe", "p");
        return TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begun);
    }

    private static Reader subscriber(int port, Selector selector, int number) throws IOException {
        SocketChannel socket = SocketChannel.open();
        socket.setOption(StandardSocketOptions.SO_RCVBUF, 16 << 10);
        InetSocketAddress from = new InetSocketAddress("127.0.0." + (2 + number / 20_000), 0);
        socket.bind(from).connect(new InetSocketAddress("127.0.0.1", port));
        ByteBuf out = Unpooled.buffer();
        MqttEncoder.encode(
                new MqttPacket.Connect(
                        MqttVersion.V5,
                        false,
                        true,
                        NO_KEEP_ALIVE,
                        Properties.NONE,
                        "r" + number,
                        null,
                        null,
                        null),
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
        return new Reader(socket, selector);
    }

    private void read(Selector selector) {
        ByteBuffer chunk = ByteBuffer.allocateDirect(256 << 10);
        long next = System.nanoTime();
        try {
            while (!over.get()) {
                selector.select(key -> take(key, chunk), 20);
                long now = System.nanoTime();
                if (now > next) {
                    next = now + TimeUnit.SECONDS.toNanos(1_000) / CLIENTS;
                    stallOneAndWakeOthers(now);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void take(SelectionKey key, ByteBuffer chunk) {
        Reader reader = (Reader) key.attachment();
        try {
            int count = reader.socket.read(chunk.clear());
            reader.bytes += Math.max(0, count);
            reader.closed = count < 0;
        } catch (IOException e) {
            reader.closed = true;
        }
        if (reader.closed) {
            key.cancel();
        }
    }

    /** About one in seventeen does not read at any time, unless all is calm. */
    private void stallOneAndWakeOthers(long now) {
        if (stalling) {
            Reader reader = readers.get(random.nextInt(readers.size()));
            reader.stalledUntil = now + STALL;
            if (reader.key.isValid()) {
                reader.key.interestOps(0);
            }
        }
        for (Reader reader : readers) {
            boolean awake = !stalling || now > reader.stalledUntil;
            if (reader.stalledUntil != 0 && awake && reader.key.isValid()) {
                reader.stalledUntil = 0;
                reader.key.interestOps(SelectionKey.OP_READ);
            }
        }
    }

    /** Every second message is for one topic, whose stalled readers fall far behind. */
    private static Future<?> flood(ScheduledExecutorService pacer, TestClient client) {
        String payload = "x".repeat(PAYLOAD);
        int[] sent = {0};
        return pacer.scheduleAtFixedRate(
                () -> {
                    int number = sent[0]++;
                    int topic = number % 2 == 0 ? 0 : number / 2 % TOPICS;
                    client.send(TestClient.message("flood/" + topic, 0, false, payload, 0));
                },
                0,
                TimeUnit.SECONDS.toNanos(1) / PER_SECOND,
                TimeUnit.NANOSECONDS);
    }

    /** Else nothing was seen: what the sockets' buffers hold costs the broker nothing. */
    private void assertStalledOnesMissedSomething() {
        List<Long> busy = new ArrayList<>();
        for (int i = 0; i < readers.size(); i += TOPICS) {
            busy.add(readers.get(i).bytes);
        }
        busy.sort(null);
        System.out.printf(
                "%d readers of the busy topic got %d to %d MiB%n",
                busy.size(), busy.getFirst() >> 20, busy.getLast() >> 20);
        assertThat(busy.getFirst())
                .as("bytes of whom it was dropped for")
                .isLessThan(busy.getLast() - PENDING);
    }

    /** A broker without storage that tells its memory when it gets a line. */
    static final class Measured {
        private Measured() {}

        private static MqttSettings settings() {
            return MqttSettings.of(
                    Defaults.with(MqttConfig.class, "max_pending_qos0=" + PENDING),
                    Path.of("target"));
        }

        public static void main(String[] args) throws IOException {
            try (TestServer server = new TestServer(settings(), new AllowAll(), null, 0, 2);
                    BufferedReader questions =
                            new BufferedReader(
                                    new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                System.out.println("READY " + server.port());
                while (questions.readLine() != null) {
                    System.gc();
                    Runtime runtime = Runtime.getRuntime();
                    System.out.println(
                            (runtime.totalMemory() - runtime.freeMemory())
                                    + " "
                                    + PlatformDependent.usedDirectMemory());
                }
            }
        }
    }
}
