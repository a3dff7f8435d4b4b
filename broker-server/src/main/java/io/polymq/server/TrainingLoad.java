package io.polymq.server;

import io.polymq.network.BoundAddress;
import io.polymq.network.TransportKind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Load of each protocol on a broker in training, by {@code bench} in a process of its own: with the
 * classes the JVM then keeps how often what was called, so that a broker that just started has its
 * hot methods compiled at once instead of after their first ten thousand calls. One thread.
 */
final class TrainingLoad {
    private static final int MESSAGES = 30_000;
    private static final int PATIENCE_SECONDS = 15;
    private static final List<List<String>> LOADS =
            List.of(
                    List.of("mqtt", "--qos=1", "--subject=training/a"),
                    List.of("kafka", "--size=1024", "--subject=training.b"),
                    List.of("amqp", "--subject=training.c"),
                    List.of("nats", "--subject=training.d"));
    private static final int CONNECTIONS = 3_000;

    /** MQTT 3.1.1: CONNECT as t0, clean, 60 s; SUBSCRIBE to t/a with QoS 0. */
    private static final byte[] CONNECT_AND_SUBSCRIBE =
            HexFormat.of().parseHex("100e00044d5154540402003c00027430" + "820800010003742f6100");

    private static final int CONNACK_AND_SUBACK_BYTES = 4 + 5;
    private static final byte[] DISCONNECT = HexFormat.of().parseHex("e000");

    private final Path jar;

    TrainingLoad(Path jar) {
        this.jar = jar;
    }

    /** A load that fails is left out: the cache is then worth less, and no less right. */
    void run(List<BoundAddress> addresses) throws IOException {
        for (BoundAddress bound : addresses) {
            if (bound.transport() == TransportKind.TCP
                    && bound.address() instanceof InetSocketAddress at) {
                for (List<String> load : LOADS) {
                    if (bound.protocol().equals(load.getFirst())) {
                        run(load, at.getPort());
                    }
                }
                if (bound.protocol().equals("mqtt")) {
                    comeAndGo(at);
                }
            }
        }
    }

    /** Clients of MQTT that connect, subscribe and leave, one after the other. */
    private static void comeAndGo(InetSocketAddress at) throws IOException {
        for (int i = 0; i < CONNECTIONS; i++) {
            try (Socket socket = new Socket(at.getAddress(), at.getPort())) {
                socket.setSoTimeout(PATIENCE_SECONDS * 1_000);
                socket.getOutputStream().write(CONNECT_AND_SUBSCRIBE);
                socket.getInputStream().readNBytes(CONNACK_AND_SUBACK_BYTES);
                socket.getOutputStream().write(DISCONNECT);
            }
        }
    }

    private void run(List<String> load, int port) throws IOException {
        ProcessBuilder client =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-jar",
                        jar.toString(),
                        "bench");
        client.command().addAll(load);
        client.command().add("--server=127.0.0.1:" + port);
        client.command().add("--messages=" + MESSAGES);
        Process process =
                client.redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
    }
}
