package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is there after the process was killed while it was published to. */
@Tag("long")
class JetStreamKillTest {

    private static final int ROUNDS = 3;
    private static final long BEFORE_THE_KILL = 500;

    @Test
    void nothingAcknowledgedIsLostAndIdsAreRemembered(@TempDir Path folder) throws Exception {
        AtomicLong acknowledged = new AtomicLong();
        for (int round = 0; round < ROUNDS; round++) {
            int port = freePort();
            Process broker = start(port, folder);
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", port);
            try (JetStreamClient client = new JetStreamClient(address)) {
                client.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
                verify(client, acknowledged.get());
                long goal = acknowledged.get() + BEFORE_THE_KILL;
                Thread killer = Thread.ofVirtual().unstarted(broker::destroyForcibly);
                publishUntilKilled(client, acknowledged, goal, killer);
            } finally {
                broker.destroyForcibly().waitFor();
            }
        }
        int port = freePort();
        Process broker = start(port, folder);
        try (JetStreamClient client =
                new JetStreamClient(new InetSocketAddress("127.0.0.1", port))) {
            verify(client, acknowledged.get());
        } finally {
            broker.destroyForcibly().waitFor();
        }
    }

    private static void publishUntilKilled(
            JetStreamClient client, AtomicLong acknowledged, long goal, Thread killer) {
        try {
            while (true) {
                long number = acknowledged.get() + 1;
                JsonNode answer =
                        client.put("s." + number % 7, "m" + number, "Nats-Msg-Id: i" + number);
                assertThat(answer.has("error")).as(answer.toString()).isFalse();
                acknowledged.set(number);
                if (number == goal) {
                    killer.start();
                }
            }
        } catch (UncheckedIOException killed) {
            assertThat(acknowledged.get()).isGreaterThanOrEqualTo(goal);
        }
    }

    private static void verify(JetStreamClient client, long acknowledged) {
        JsonNode state = client.api("STREAM.INFO.S", "").get("state");
        assertThat(state.get("messages").asLong()).isGreaterThanOrEqualTo(acknowledged);
        if (acknowledged > 0) {
            JsonNode again =
                    client.put(
                            "s." + acknowledged % 7,
                            "m" + acknowledged,
                            "Nats-Msg-Id: i" + acknowledged);
            assertThat(again.path("duplicate").asBoolean()).isTrue();
        }
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static Process start(int port, Path folder) throws Exception {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                TestNats.class.getName(),
                                Integer.toString(port),
                                folder.toString())
                        .redirectErrorStream(true)
                        .start();
        BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("serving")) {
                Thread.ofVirtual().start(() -> out.lines().forEach(l -> {}));
                return process;
            }
        }
        throw new IllegalStateException("the broker ended");
    }
}
