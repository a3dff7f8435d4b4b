package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class OutboxTest {

    private static final int THREADS = 4;
    private static final int PACKETS = 20_000;

    @TempDir Path folder;
    private TestNetwork network;
    private SSLContext clientTls;

    @BeforeEach
    void start() throws Exception {
        X509Bundle authority = TestNetwork.authority();
        network =
                new TestNetwork(
                        new Settings().build(),
                        TestNetwork.tls(TestNetwork.issued(authority, "localhost"), null));
        clientTls = SSLContext.getInstance("TLS");
        clientTls.init(null, new TrustManager[] {authority.toTrustManager()}, null);
    }

    @AfterEach
    void stop() throws Exception {
        network.close();
    }

    private LineClient connect(TransportKind kind) throws Exception {
        InetSocketAddress to = network.address(kind);
        return kind == TransportKind.TLS
                ? new LineClient(
                        clientTls.getSocketFactory().createSocket(to.getAddress(), to.getPort()))
                : LineClient.to(to);
    }

    private Connection only() {
        Await.until("it is open", () -> network.protocol.open.size() == 1);
        return network.protocol.open.values().iterator().next().connection;
    }

    @Test
    void packetsOfManyThreadsArriveWholeAndEachThreadsInOrder() throws Exception {
        for (TransportKind kind : new TransportKind[] {TransportKind.TCP, TransportKind.TLS}) {
            try (LineClient client = connect(kind)) {
                assertThat(client.ask("ECHO ready")).isEqualTo("ready");
                Connection connection = only();
                List<Thread> threads = new ArrayList<>();
                for (int t = 0; t < THREADS; t++) {
                    String name = "t" + t + " ";
                    threads.add(Thread.ofPlatform().start(() -> append(connection, name)));
                }
                Future<?> own = connection.loop().submit(() -> append(connection, "own "));
                int[] next = new int[THREADS + 1];
                for (int i = 0; i < (THREADS + 1) * PACKETS; i++) {
                    String[] line = client.read().split(" ");
                    int from = line[0].equals("own") ? THREADS : line[0].charAt(1) - '0';
                    assertThat(Integer.parseInt(line[1])).isEqualTo(next[from]++);
                }
                own.sync();
                for (Thread thread : threads) {
                    thread.join();
                }
                Await.until("all is sent", () -> connection.outbox().pendingBytes() == 0);
            }
            Await.until("it is gone", () -> network.connections.count() == 0);
        }
    }

    private static void append(Connection connection, String name) {
        for (int i = 0; i < PACKETS; i++) {
            LineProtocol.say(connection, name + i);
        }
    }

    /** What AMQP's delivery tags and the list of those that are open rest on. */
    @Test
    void numbersThatAreGivenUnderTheLockFollowTheOrderOfThePackets() throws Exception {
        try (LineClient client = connect(TransportKind.TCP)) {
            assertThat(client.ask("ECHO ready")).isEqualTo("ready");
            Connection connection = only();
            int[] number = new int[1];
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                threads.add(Thread.ofPlatform().start(() -> count(connection, number)));
            }
            Future<?> own = connection.loop().submit(() -> count(connection, number));
            for (int i = 0; i < (THREADS + 1) * PACKETS; i++) {
                assertThat(client.read()).isEqualTo("" + i);
            }
            own.sync();
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private static void count(Connection connection, int[] number) {
        for (int i = 0; i < PACKETS; i++) {
            connection.outbox().lock();
            try {
                LineProtocol.say(connection, "" + number[0]++);
            } finally {
                connection.outbox().unlock();
            }
        }
    }

    @Test
    void theLoopsAppendComesBehindWhatAnotherThreadHasAppendedBefore() throws Exception {
        try (LineClient client = connect(TransportKind.TCP)) {
            assertThat(client.ask("ECHO ready")).isEqualTo("ready");
            Connection connection = only();
            for (int i = 0; i < 1000; i++) {
                LineProtocol.say(connection, "first " + i);
                int number = i;
                connection.loop().execute(() -> LineProtocol.say(connection, "then " + number));
            }
            for (int i = 0; i < 1000; i++) {
                int firsts = 0;
                String line = client.read();
                while (line.startsWith("first")) {
                    firsts++;
                    line = client.read();
                }
                assertThat(line).isEqualTo("then " + i);
                assertThat(firsts).isLessThanOrEqualTo(1000);
            }
        }
    }

    /** Builds an answer of all kinds of parts, from the loop and from elsewhere, and checks it. */
    @Test
    void chunksPayloadsAndFilesArriveInOrderOnEveryTransport() throws Exception {
        Random random = new Random(7);
        byte[] content = new byte[400_000];
        random.nextBytes(content);
        Path path = Files.write(folder.resolve("content"), content);
        for (TransportKind kind : new TransportKind[] {TransportKind.TCP, TransportKind.TLS}) {
            for (boolean onLoop : new boolean[] {true, false}) {
                try (LineClient client = connect(kind);
                        FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
                    assertThat(client.ask("ECHO ready")).isEqualTo("ready");
                    Connection connection = only();
                    ByteArrayOutputStream expected = new ByteArrayOutputStream();
                    AtomicInteger released = new AtomicInteger();
                    Runnable packets =
                            () -> packets(connection, file, content, random, expected, released);
                    if (onLoop) {
                        connection.loop().submit(packets).sync();
                    } else {
                        packets.run();
                    }
                    byte[] wanted = expected.toByteArray();
                    assertThat(client.socket().getInputStream().readNBytes(wanted.length))
                            .isEqualTo(wanted);
                    Await.until("files are released", () -> released.get() == 40);
                    Await.until("all is sent", () -> connection.outbox().pendingBytes() == 0);
                }
                Await.until("it is gone", () -> network.connections.count() == 0);
            }
        }
    }

    private static void packets(
            Connection connection,
            FileChannel file,
            byte[] content,
            Random random,
            ByteArrayOutputStream expected,
            AtomicInteger released) {
        Outbox outbox = connection.outbox();
        for (int i = 0; i < 40; i++) {
            byte[] head = ("packet " + i + "\n").getBytes(StandardCharsets.UTF_8);
            int from = random.nextInt(content.length);
            int length = random.nextInt(content.length - from);
            int payload = random.nextInt(50_000);
            ByteBuf out = outbox.begin(head.length);
            out.writeBytes(head);
            outbox.link(Unpooled.directBuffer(payload).writeBytes(content, 0, payload));
            outbox.more(head.length).writeBytes(head);
            outbox.file(file, from, length, released::incrementAndGet);
            outbox.more(100_000).writeBytes(content, 0, 100_000);
            outbox.end();
            outbox.append(content, 0, 70_000);
            expected.writeBytes(head);
            expected.write(content, 0, payload);
            expected.writeBytes(head);
            expected.write(content, from, length);
            expected.write(content, 0, 100_000);
            expected.write(content, 0, 70_000);
        }
    }

    @Test
    void filesGoOverWebSocketInFrames() throws Exception {
        byte[] content = new byte[300_000];
        new Random(8).nextBytes(content);
        Path path = Files.write(folder.resolve("content"), content);
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        CountDownLatch done = new CountDownLatch(1);
        WebSocket.Listener listener =
                new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onBinary(
                            WebSocket socket, ByteBuffer data, boolean last) {
                        byte[] part = new byte[data.remaining()];
                        data.get(part);
                        received.writeBytes(part);
                        if (received.size() >= content.length) {
                            done.countDown();
                        }
                        socket.request(1);
                        return null;
                    }
                };
        try (HttpClient http = HttpClient.newHttpClient();
                FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            int port = network.address(TransportKind.WEBSOCKET).getPort();
            WebSocket socket =
                    http.newWebSocketBuilder()
                            .subprotocols("line")
                            .buildAsync(URI.create("ws://127.0.0.1:" + port), listener)
                            .get(10, TimeUnit.SECONDS);
            Outbox outbox = only().outbox();
            outbox.begin(0);
            outbox.file(file, 0, content.length, () -> {});
            outbox.end();
            assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(received.toByteArray()).isEqualTo(content);
            socket.abort();
        }
    }

    @Test
    void congestionIsToldAndWhatWaitsForItRuns() throws Exception {
        Settings settings = new Settings();
        settings.highWaterBytes = 100_000;
        settings.lowWaterBytes = 10_000;
        try (TestNetwork small = new TestNetwork(settings.build(), null);
                LineClient client = LineClient.to(small.address(TransportKind.TCP))) {
            assertThat(client.ask("ECHO ready")).isEqualTo("ready");
            Connection connection = small.protocol.open.values().iterator().next().connection;
            Outbox outbox = connection.outbox();
            byte[] part = new byte[50_000];
            long appended = 0;
            while (!outbox.isCongested()) {
                outbox.append(part, 0, part.length);
                appended += part.length;
            }
            CountDownLatch writable = new CountDownLatch(1);
            outbox.whenWritable(writable::countDown);
            client.socket().getInputStream().readNBytes((int) appended);
            assertThat(writable.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(outbox.isCongested()).isFalse();
        }
    }

    @Test
    void appendsToAClosedConnectionAreDroppedAndFreed() throws Exception {
        Connection connection;
        try (LineClient client = connect(TransportKind.TCP)) {
            assertThat(client.ask("ECHO ready")).isEqualTo("ready");
            connection = only();
        }
        Await.until("it is gone", () -> network.connections.count() == 0);
        ByteBuf payload = Unpooled.buffer(10).writeZero(10);
        AtomicInteger released = new AtomicInteger();
        Outbox outbox = connection.outbox();
        Path path = Files.write(folder.resolve("content"), new byte[10]);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            outbox.begin(10).writeZero(10);
            outbox.link(payload);
            outbox.file(file, 0, 10, released::incrementAndGet);
            outbox.end();
        }
        assertThat(payload.refCnt()).isZero();
        assertThat(released).hasValue(1);
        assertThat(outbox.pendingBytes()).isZero();
        CountDownLatch ran = new CountDownLatch(1);
        outbox.whenWritable(ran::countDown);
        assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
    }
}
