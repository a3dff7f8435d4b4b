package io.polymq.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kills a process between publish, delivery and acknowledgement, and looks at what is left. */
@Tag("long")
final class KillTest {

    private static final int KILLS = 6;

    private final Set<Integer> published = new HashSet<>();
    private final Set<Integer> delivered = new HashSet<>();
    private final Set<Integer> acknowledged = new HashSet<>();
    private int next;

    @ParameterizedTest
    @ValueSource(strings = {"rocksdb", "log"})
    void nothingPromisedIsLostOverKills(String driver, @TempDir Path folder) throws Exception {
        Random random = new Random(11);
        for (int kill = 0; kill < KILLS; kill++) {
            int lines = 500 + random.nextInt(3000);
            run(driver, folder, true, lines, Set.of());
        }
        // what was acknowledged may be done although the kill came before anyone heard of it
        Set<Integer> expected = new HashSet<>(published);
        expected.removeIf(
                number -> delivered.contains(number) && KilledQueue.isAcknowledged(number));
        run(driver, folder, false, Integer.MAX_VALUE, expected);
        assertThat(acknowledged).containsAll(expected);
        assertThat(expected).hasSizeGreaterThan(100);
        assertThat(published).hasSizeGreaterThan(500);
    }

    /** Until so many lines were read, or all that was expected is acknowledged; then kills. */
    private void run(
            String driver, Path folder, boolean publishing, int lines, Set<Integer> awaited)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                KilledQueue.class.getName(),
                                driver,
                                folder.toString(),
                                Integer.toString(next),
                                Boolean.toString(publishing))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        Set<Integer> before = Set.copyOf(delivered);
        Set<Integer> done = Set.copyOf(acknowledged);
        try (BufferedReader reader = process.inputReader()) {
            int read = 0;
            while (read < lines && (publishing || !acknowledged.containsAll(awaited))) {
                String line = reader.readLine();
                assertThat(line).as("the process goes on").isNotNull();
                read++;
                heed(List.of(line.split(" ")), before, done);
            }
            process.toHandle().destroyForcibly();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                List<String> words = List.of(line.split(" "));
                if (words.size() > 1) {
                    heed(words, before, done);
                }
            }
        }
    }

    private void heed(List<String> words, Set<Integer> before, Set<Integer> done) {
        if (words.size() < 2) {
            return;
        }
        int number = words.get(1).isEmpty() ? -1 : Integer.parseInt(words.get(1));
        switch (words.getFirst()) {
            case "P" -> {
                published.add(number);
                next = Math.max(next, number + 1000);
            }
            case "D" -> {
                assertThat(done).as("acknowledged ones stay away").doesNotContain(number);
                if (words.size() > 2 && before.contains(number)) {
                    assertThat(words.get(2)).as("flag of " + number).isEqualTo("true");
                }
                delivered.add(number);
            }
            case "A" -> acknowledged.add(number);
            default -> throw new AssertionError(String.join(" ", words));
        }
    }
}
