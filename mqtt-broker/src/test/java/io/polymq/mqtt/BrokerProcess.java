package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A broker in a process of its own, which says READY and its port, answers questions if its main
 * does, and can be killed.
 */
final class BrokerProcess {

    private static final String LOGGING = "logback.configurationFile";

    private final Process process;
    private final BufferedReader answers;
    private final int port;

    private BrokerProcess(Process process, BufferedReader answers, int port) {
        this.process = process;
        this.answers = answers;
        this.port = port;
    }

    /** Runs the class's main and waits for its port. */
    static BrokerProcess start(Class<?> main, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "-D" + LOGGING + "=" + System.getProperty(LOGGING, ""),
                                "-cp",
                                System.getProperty("java.class.path"),
                                main.getName()));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = lines.readLine();
        while (line != null && !line.startsWith("READY ")) {
            line = lines.readLine();
        }
        assertThat(line).as("the broker's first words").isNotNull();
        return new BrokerProcess(
                process, lines, Integer.parseInt(line.substring("READY ".length())));
    }

    /** Sends its main a line and waits for the one that it answers. */
    String ask(String question) throws IOException {
        process.outputWriter().append(question).append('\n').flush();
        String answer = answers.readLine();
        assertThat(answer).as("the answer to " + question).isNotNull();
        return answer;
    }

    int port() {
        return port;
    }

    boolean awaitEnd() throws InterruptedException {
        return process.waitFor(20, TimeUnit.SECONDS);
    }

    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(awaitEnd()).isTrue();
    }
}
