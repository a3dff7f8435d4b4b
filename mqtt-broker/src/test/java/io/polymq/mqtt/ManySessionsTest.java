package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.config.StorageConfig;
import io.polymq.conformance.AllowAll;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a hundred thousand clients that are away cost: nothing but a place in memory. */
@Tag("long")
class ManySessionsTest {

    private static final int SESSIONS = Integer.getInteger("polymq.mqtt.sessions", 100_000);
    private static final int THREADS = 8;

    @TempDir private Path folder;

    private ShardStore open() {
        return ShardStores.open(
                new StorageParams(
                        folder,
                        StorageConfig.DEFAULT,
                        Clock.systemUTC(),
                        new PrometheusRegistry()));
    }

    @Test
    void aHundredThousandIdleSessionsAreThereSoonAfterTheStart() throws Exception {
        try (ShardStore shards = open();
                TestServer server =
                        new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, 0, 2)) {
            long begun = System.nanoTime();
            create(server.port());
            say("made in %d ms", millisSince(begun));
        }
        long before = usedHeap();
        long begun = System.nanoTime();
        try (ShardStore shards = open();
                TestServer server =
                        new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, 0, 2)) {
            long millis = millisSince(begun);
            long each = (usedHeap() - before) / SESSIONS;
            say("%d sessions: started in %d ms, %d bytes of heap each", SESSIONS, millis, each);
            try (TestClient publisher = TestClient.v5(server.port())) {
                publisher.connect("p", true);
                publisher.publish("s/77", 1, "hello");
            }
            try (TestClient back = TestClient.v5(server.port())) {
                assertThat(back.connect("idle-77", false, 1000).sessionPresent()).isTrue();
                back.ack(back.expectMessage("s/77", "hello"));
            }
            assertThat(each).as("bytes of heap each").isLessThan(2_048);
            assertThat(millis).as("start-up").isLessThan(20_000);
        }
    }

    private static void say(String text, Object... values) {
        System.out.println(text.formatted(values));
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private static long usedHeap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static void create(int port) throws InterruptedException {
        Thread[] threads = new Thread[THREADS];
        for (int t = 0; t < THREADS; t++) {
            int first = t;
            threads[t] =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int i = first; i < SESSIONS; i += THREADS) {
                                            createOne(port, i);
                                        }
                                    });
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Connects, subscribes, leaves. */
    private static void createOne(int port, int number) {
        Properties expiry =
                Properties.builder().number(Property.SESSION_EXPIRY_INTERVAL, 1_000_000).build();
        ByteBuf out = Unpooled.buffer();
        encode(TestClient.connect(MqttVersion.V5, "idle-" + number, true, expiry, null), out);
        encode(
                new MqttPacket.Subscribe(
                        1,
                        Properties.NONE,
                        List.of(
                                new MqttPacket.Subscribe.Request(
                                        "s/" + number, 1, false, false, 0))),
                out);
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setTcpNoDelay(true);
            socket.setSoLinger(true, 0);
            socket.getOutputStream().write(ByteBufUtil.getBytes(out));
            byte[] answers = new byte[256];
            int got = 0;
            while (got < 6 || answers[got - 6] != (byte) 0x90) {
                int count = socket.getInputStream().read(answers, got, answers.length - got);
                assertThat(count).isPositive();
                got += count;
            }
            out.clear();
            encode(new MqttPacket.Disconnect(ReasonCode.SUCCESS, Properties.NONE), out);
            socket.getOutputStream().write(ByteBufUtil.getBytes(out));
            assertThat(socket.getInputStream().read()).isNegative();
        } catch (IOException e) {
            throw new AssertionError("session " + number, e);
        }
    }

    private static void encode(MqttPacket packet, ByteBuf out) {
        MqttEncoder.encode(packet, MqttVersion.V5, out);
    }
}
