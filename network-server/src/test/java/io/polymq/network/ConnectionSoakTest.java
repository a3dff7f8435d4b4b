package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBufAllocator;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.io.BufferedReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many connections: what an idle one costs, and that none leaves anything behind. */
@Tag("soak")
@Timeout(900)
class ConnectionSoakTest {

    private static final int IDLE = 9_000;
    private static final int MAX_BYTES_EACH = 4096;
    private static final int TOTAL = 100_000;
    private static final int CLIENTS = 16;
    private static final AtomicInteger LEAKS = new AtomicInteger();

    // Before anything of Netty's is used: its buffers take their detector when they are loaded.
    static {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new CountingLeaks());
    }

    @Test
    void anIdleConnectionCostsNoMoreThanFourKilobytes() throws Exception {
        try (TestNetwork network = TestNetwork.plain()) {
            InetSocketAddress to = network.address(TransportKind.TCP);
            try (LineClient first = LineClient.to(to)) {
                assertThat(first.ask("ECHO warm")).isEqualTo("warm");
            }
            Await.until("the first is gone", () -> network.connections.count() == 0);
            long heapBefore = heap();
            long directBefore = direct();
            Process clients = manyClients(to, "hello");
            try (BufferedReader output = clients.inputReader()) {
                assertThat(output.readLine()).isEqualTo("READY");
                assertThat(network.connections.count()).isEqualTo(IDLE);
                long heapEach = (heap() - heapBefore) / IDLE;
                long directEach = (direct() - directBefore) / IDLE;
                System.out.printf(
                        "%,d idle connections: %,d bytes of heap and %,d of direct memory each%n",
                        IDLE, heapEach, directEach);
                assertThat(heapEach + directEach).isLessThanOrEqualTo(MAX_BYTES_EACH);
            } finally {
                clients.destroy();
            }
            Await.until("all are gone", () -> network.connections.count() == 0);
        }
    }

    private static Process manyClients(InetSocketAddress to, String hello) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ManyClients.class.getName(),
                        "127.0.0.1",
                        Integer.toString(to.getPort()),
                        Integer.toString(IDLE),
                        hello)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void halfOpenConnectionsAreEndedWhileOthersAreServed() throws Exception {
        Settings settings = new Settings();
        settings.firstByteTimeout = Duration.ofSeconds(3);
        try (TestNetwork network = new TestNetwork(settings.build(), null)) {
            InetSocketAddress to = network.address(TransportKind.TCP);
            Process silent = manyClients(to, "silent");
            try (LineClient good = LineClient.to(to);
                    BufferedReader output = silent.inputReader()) {
                assertThat(good.ask("HELLO ann")).isEqualTo("OK");
                assertThat(output.readLine()).isEqualTo("READY");
                assertThat(good.ask("ECHO here")).isEqualTo("here");
                Await.until("they are ended", () -> network.connections.count() == 1);
                assertThat(good.ask("ECHO still here")).isEqualTo("still here");
            } finally {
                silent.destroy();
            }
        }
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** What the JDK counts, or what Netty's allocator has taken by other ways. */
    private static long direct() {
        long counted =
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum();
        long allocated =
                ByteBufAllocator.DEFAULT instanceof AdaptiveByteBufAllocator adaptive
                        ? adaptive.metric().usedDirectMemory()
                        : 0;
        return Math.max(counted, allocated);
    }

    @Test
    void aHundredThousandConnectionsLeaveNothingBehind() throws Exception {
        X509Bundle authority = TestNetwork.authority();
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, new TrustManager[] {authority.toTrustManager()}, null);
        try (TestNetwork network =
                        new TestNetwork(
                                new Settings().build(),
                                TestNetwork.tls(TestNetwork.issued(authority, "localhost"), null));
                ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> done =
                    IntStream.range(0, CLIENTS)
                            .<Future<?>>mapToObj(
                                    client ->
                                            clients.submit(
                                                    () -> {
                                                        connectOften(network, tls, client);
                                                        return null;
                                                    }))
                            .toList();
            for (Future<?> one : done) {
                one.get(800, TimeUnit.SECONDS);
            }
            Await.until("all are gone", () -> network.connections.count() == 0);
            assertThat(network.connections.all()).isEmpty();
            assertThat(network.protocol.open).isEmpty();
            assertThat(network.connections.countByProtocol("line")).isZero();
            assertThat(network.connections.countByTenant("default")).isZero();
        }
        heap();
        // What was lost is noticed with the next allocations.
        for (int i = 0; i < 10_000; i++) {
            ByteBufAllocator.DEFAULT.buffer(16).release();
        }
        assertThat(LEAKS).hasValue(0);
    }

    private static void connectOften(TestNetwork network, SSLContext tls, int client)
            throws Exception {
        InetSocketAddress plain = network.address(TransportKind.TCP);
        InetSocketAddress secure = network.address(TransportKind.TLS);
        InetSocketAddress web = network.address(TransportKind.WEBSOCKET);
        for (int i = 0; i < TOTAL / CLIENTS; i++) {
            InetSocketAddress to = i % 50 == 0 ? secure : i % 10 == 1 ? web : plain;
            Socket socket =
                    to == secure
                            ? tls.getSocketFactory().createSocket(to.getAddress(), to.getPort())
                            : new Socket(to.getAddress(), to.getPort());
            try (LineClient one = new LineClient(socket)) {
                // A reset keeps the ports of this machine from running out.
                socket.setSoLinger(true, 0);
                if (to == web) {
                    one.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n");
                } else if (i % 3 == 0) {
                    one.send("HELLO user-" + client + "\nECHO " + "x".repeat(i % 2000));
                } else {
                    assertThat(one.ask("HELLO user-" + client)).isEqualTo("OK");
                    assertThat(one.ask("ECHO " + i)).isEqualTo(Integer.toString(i));
                }
            }
        }
    }

    private static final class CountingLeaks extends ResourceLeakDetectorFactory {

        @Override
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                Class<T> resource, int samplingInterval, long maxActive) {
            return new ResourceLeakDetector<>(resource, samplingInterval) {
                @Override
                protected void reportTracedLeak(String type, String records) {
                    LEAKS.incrementAndGet();
                    super.reportTracedLeak(type, records);
                }

                @Override
                protected void reportUntracedLeak(String type) {
                    LEAKS.incrementAndGet();
                    super.reportUntracedLeak(type);
                }
            };
        }
    }
}
