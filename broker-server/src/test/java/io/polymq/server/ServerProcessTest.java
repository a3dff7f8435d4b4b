package io.polymq.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The broker as a process of its own: what it prints, and the code that it ends with. */
@Timeout(180)
class ServerProcessTest {

    private static final Pattern MQTT = Pattern.compile("mqtt +tcp +127\\.0\\.0\\.1:(\\d+)");

    @TempDir Path folder;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void killWhatIsLeft() throws Exception {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
    }

    private Process serve(Path data, String... settings) throws IOException {
        return serve(data, Path.of(System.getProperty("java.io.tmpdir")), settings);
    }

    private Process serve(Path data, Path temporary, String... settings) throws IOException {
        List<String> line =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-Xmx256m",
                                "--enable-native-access=ALL-UNNAMED",
                                "-Djava.io.tmpdir=" + temporary,
                                "-cp",
                                System.getProperty("java.class.path"),
                                PolyMq.class.getName(),
                                "server"));
        for (String setting :
                List.of(
                        "data_path=" + data,
                        "mqtt_runtime.tcp_port=0",
                        "mqtt_runtime.websocket_port=0",
                        "kafka_runtime.enabled=false",
                        "amqp_runtime.enabled=false",
                        "nats_runtime.enabled=false",
                        "admin.port=0")) {
            line.addAll(List.of("--set", setting));
        }
        for (String setting : settings) {
            line.addAll(List.of("--set", setting));
        }
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        started.add(process);
        return process;
    }

    /** Reads what the start prints up to the port of MQTT. */
    private static int awaitPort(BufferedReader output) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String text = output.readLine(); text != null; text = output.readLine()) {
            seen.append(text).append('\n');
            Matcher row = MQTT.matcher(text);
            if (row.find()) {
                return Integer.parseInt(row.group(1));
            }
        }
        throw new AssertionError("it ended: " + seen);
    }

    /** Ends by itself, with one sentence as its last line. */
    private static void refuses(Process process, ExitCode code, String sentence) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(code.number());
        assertThat(output.strip().lines().toList().getLast())
                .startsWith("polymq: ")
                .contains(sentence);
        assertThat(output).doesNotContain("\tat ");
    }

    @Test
    void aSecondBrokerAndATakenPortAreRefusedAndTheFirstEndsWithZeroWhenToldTo() throws Exception {
        Path data = folder.resolve("data");
        Process first = serve(data);
        try (BufferedReader output = first.inputReader()) {
            int port = awaitPort(output);

            refuses(serve(data), ExitCode.IN_USE, "process " + first.pid());
            refuses(
                    serve(folder.resolve("other"), "mqtt_runtime.tcp_port=" + port),
                    ExitCode.UNAVAILABLE,
                    "127.0.0.1:" + port);

            new Socket(InetAddress.getLoopbackAddress(), port).close();
            first.destroy();
            assertThat(first.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(first.exitValue()).isEqualTo(ExitCode.OK.number());
        }
    }

    @Test
    void aKillLeavesNothingInTheTemporaryFolder() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Process process = serve(folder.resolve("data"), temporary);
        try (BufferedReader output = process.inputReader()) {
            awaitPort(output);
            process.destroyForcibly().waitFor();
        }
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void aTemporaryFolderThatIsMissingIsTold() throws Exception {
        refuses(
                serve(folder.resolve("data"), folder.resolve("missing")),
                ExitCode.CANNOT_CREATE,
                "temporary folder");
    }

    @Test
    void aConfigurationThatIsWrongIsRefusedBeforeAnythingIsTouched() throws Exception {
        Path data = folder.resolve("data");
        Process process = serve(data, "mqtt_runtime.tcp_prot=1");
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(ExitCode.CONFIGURATION.number());
        assertThat(output).contains("did you mean mqtt_runtime.tcp_port?");
        assertThat(data).doesNotExist();
    }
}
