package io.polymq.mq9;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model of what must arrive, held against a process that is killed again and again. */
class KillTest {

    private static final int KILLS = 3;

    /** Of each box and priority, up to which number its group has acknowledged. */
    private final Map<String, Integer> acknowledged = new HashMap<>();

    private final Map<Integer, Integer> sent = new HashMap<>();
    private final Set<Integer> seen = new HashSet<>();
    private final Map<Integer, Integer> ranks = new HashMap<>();
    private int next;

    @Test
    void nothingAcknowledgedIsLostOverKills(@TempDir Path folder) throws Exception {
        Random random = new Random(9);
        for (int kill = 0; kill < KILLS; kill++) {
            run(folder, true, 200 + random.nextInt(500));
        }
        run(folder, false, Integer.MAX_VALUE);

        assertThat(sent).hasSizeGreaterThan(100);
        assertThat(seen).containsAll(sent.keySet());
    }

    private boolean isComplete() {
        return seen.containsAll(sent.keySet());
    }

    private void run(Path folder, boolean sending, int lines)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                KilledMailboxes.class.getName(),
                                folder.toString(),
                                Integer.toString(next),
                                Boolean.toString(sending))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        // Acknowledgements of this run may be done without having been heard of.
        Map<String, Integer> before = Map.copyOf(acknowledged);
        try (BufferedReader reader = process.inputReader()) {
            for (int read = 0; read < lines && (sending || !isComplete()); read++) {
                String line = reader.readLine();
                assertThat(line).as("the process goes on").isNotNull();
                heed(List.of(line.split(" ")), before);
            }
            process.toHandle().destroyForcibly();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            List<String> rest = new ArrayList<>();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                rest.add(line);
            }
            if (!rest.isEmpty()) {
                rest.removeLast();
            }
            rest.forEach(line -> heed(List.of(line.split(" ")), before));
        }
    }

    private void heed(List<String> words, Map<String, Integer> before) {
        int box = Integer.parseInt(words.get(1));
        int number = Integer.parseInt(words.get(2));
        next = Math.max(next, (number / KilledMailboxes.BOXES + 100) * KilledMailboxes.BOXES);
        switch (words.getFirst()) {
            case "S" -> sent.put(number, box);
            case "F" -> {
                assertThat(number % KilledMailboxes.BOXES).isEqualTo(box);
                int done = before.getOrDefault(box + "/" + words.get(3), -1);
                assertThat(number).as("acknowledged mail stays away").isGreaterThan(done);
                Integer rank = ranks.putIfAbsent(number, Integer.parseInt(words.get(3)));
                assertThat(rank == null || rank == Integer.parseInt(words.get(3))).isTrue();
                seen.add(number);
            }
            case "A" -> acknowledged.merge(box + "/" + words.get(3), number, Math::max);
            default -> throw new AssertionError(String.join(" ", words));
        }
    }
}
