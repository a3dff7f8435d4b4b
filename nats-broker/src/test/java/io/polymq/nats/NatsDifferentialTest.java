package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * The same bytes to PolyMQ and to a nats-server, whose executable the environment's NATS_SERVER
 * names or PATH has; the answers are compared. What may differ stands in differences.txt, and must
 * differ.
 */
@Tag("peer")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NatsDifferentialTest {

    private static final String USUAL =
            "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n";

    private record Step(char connection, String bytes) {}

    private @Nullable Process peer;
    private int peerPort;
    private @Nullable TestNats own;

    @BeforeAll
    void start() throws Exception {
        String binary = binary();
        assumeThat(binary).as("a nats-server").isNotNull();
        try (ServerSocket free = new ServerSocket(0)) {
            peerPort = free.getLocalPort();
        }
        peer =
                new ProcessBuilder(binary, "-a", "127.0.0.1", "-p", String.valueOf(peerPort))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        for (int i = 0; i < 200 && !answers(peerPort); i++) {
            Thread.onSpinWait();
            peer.waitFor(50, java.util.concurrent.TimeUnit.MILLISECONDS);
        }
        own = TestNats.open();
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private static @Nullable String binary() {
        String named = System.getenv("NATS_SERVER");
        if (named != null) {
            return named;
        }
        return Stream.of(System.getenv("PATH").split(":"))
                .map(folder -> Path.of(folder, "nats-server"))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse(null);
    }

    @AfterAll
    void stop() throws Exception {
        if (peer != null) {
            peer.destroy();
        }
        if (own != null) {
            own.close();
        }
    }

    @TestFactory
    List<DynamicTest> bothAnswerTheSame() throws IOException {
        Map<String, String> differences = new LinkedHashMap<>();
        for (String line : lines("differences.txt")) {
            String[] parts = line.split("\\|", 2);
            differences.put(parts[0].strip(), parts[1].strip());
        }
        List<DynamicTest> tests = new ArrayList<>();
        cases().forEach((name, steps) -> tests.add(test(name, steps, differences.get(name))));
        assertThat(cases().keySet()).containsAll(differences.keySet());
        return tests;
    }

    private DynamicTest test(String name, List<Step> steps, @Nullable String difference) {
        return DynamicTest.dynamicTest(
                name,
                () -> {
                    List<String> theirs = play(new InetSocketAddress("127.0.0.1", peerPort), steps);
                    List<String> ours = play(Objects.requireNonNull(own).address(), steps);
                    if (difference == null) {
                        assertThat(ours).isEqualTo(theirs);
                    } else {
                        assertThat(ours).as(difference).isNotEqualTo(theirs);
                    }
                });
    }

    private static List<String> play(InetSocketAddress server, List<Step> steps)
            throws IOException {
        Map<Character, WireClient> clients = new LinkedHashMap<>();
        List<String> answers = new ArrayList<>();
        try {
            for (Step step : steps) {
                WireClient client = clients.get(step.connection());
                if (client == null) {
                    client = new WireClient(server);
                    client.line();
                    clients.put(step.connection(), client);
                }
                answers.add(step.connection() + ": " + plain(client.answer(step.bytes())));
            }
        } finally {
            for (WireClient client : clients.values()) {
                client.close();
            }
        }
        return answers;
    }

    /** What no two servers say alike. */
    private static String plain(String answer) {
        return answer.replaceAll("INFO \\{[^\r\n]*}", "INFO");
    }

    private static Map<String, List<Step>> cases() throws IOException {
        Map<String, List<Step>> cases = new LinkedHashMap<>();
        List<Step> steps = new ArrayList<>();
        for (String line : lines("differential.txt")) {
            if (line.startsWith("[")) {
                steps = new ArrayList<>();
                cases.put(line.substring(1, line.length() - 1), steps);
            } else {
                String bytes = line.substring(2);
                steps.add(
                        new Step(
                                line.charAt(0),
                                bytes.equals("CONNECT") ? USUAL : unescaped(bytes)));
            }
        }
        return cases;
    }

    private static String unescaped(String text) {
        StringBuilder bytes = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                bytes.append(c);
                continue;
            }
            switch (text.charAt(++i)) {
                case 'r' -> bytes.append('\r');
                case 'n' -> bytes.append('\n');
                case 't' -> bytes.append('\t');
                case 'x' -> {
                    bytes.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                    i += 2;
                }
                default -> throw new IllegalArgumentException(text);
            }
        }
        return bytes.toString();
    }

    private static List<String> lines(String resource) throws IOException {
        try (BufferedReader reader =
                new BufferedReader(
                        new InputStreamReader(
                                Objects.requireNonNull(
                                        NatsDifferentialTest.class.getResourceAsStream(resource)),
                                StandardCharsets.UTF_8))) {
            return reader.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
        }
    }
}
