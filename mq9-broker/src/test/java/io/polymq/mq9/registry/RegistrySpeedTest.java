package io.polymq.mq9.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/** A hundred thousand agents; what the questions take is reported as well as bounded. */
class RegistrySpeedTest {

    private static final int AGENTS = 100_000;
    private static final int QUESTIONS = 400;
    private static final List<String> SKILLS =
            List.of(
                    "translate",
                    "summarize",
                    "plan",
                    "review",
                    "invoice",
                    "schedule",
                    "search",
                    "transcribe",
                    "forecast",
                    "optimize",
                    "monitor",
                    "negotiate",
                    "paint",
                    "cook");
    private static final List<String> THINGS =
            List.of(
                    "contracts",
                    "letters",
                    "german",
                    "french",
                    "routes",
                    "images",
                    "code",
                    "recipes",
                    "tickets",
                    "calendars",
                    "weather",
                    "stocks",
                    "meetings",
                    "videos",
                    "maps");

    @Test
    @Tag("long")
    void discoveryOverAHundredThousandAgentsIsQuick(TestReporter reporter) {
        TenantAgents agents = new TenantAgents(new NgramEmbedder());
        Random random = new Random(3);
        long begun = System.nanoTime();
        for (int i = 0; i < AGENTS; i++) {
            agents.put(agent(i, random), 0);
        }
        reporter.publishEntry("indexed in ms", millis(System.nanoTime() - begun));
        for (boolean meaning : new boolean[] {false, true}) {
            long[] times = new long[QUESTIONS];
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < QUESTIONS; i++) {
                    String question = pick(SKILLS, random) + " agent for " + pick(THINGS, random);
                    long from = System.nanoTime();
                    TenantAgents.Page page =
                            meaning
                                    ? agents.byMeaning(question, entry -> true, 0, 20)
                                    : agents.byText(question, entry -> true, 0, 20);
                    times[i] = System.nanoTime() - from;
                    assertThat(page.entries()).hasSize(20);
                }
            }
            Arrays.sort(times);
            reporter.publishEntry(
                    meaning ? "meaning p50" : "text p50", millis(times[QUESTIONS / 2]));
            reporter.publishEntry(
                    meaning ? "meaning p99" : "text p99", millis(times[QUESTIONS * 99 / 100]));
            System.out.println(
                    (meaning ? "meaning" : "text")
                            + " p50 "
                            + millis(times[QUESTIONS / 2])
                            + " ms, p99 "
                            + millis(times[QUESTIONS * 99 / 100])
                            + " ms");
            assertThat(times[QUESTIONS * 99 / 100]).isLessThan(20_000_000L);
        }
    }

    private static Agent agent(int number, Random random) {
        String description =
                "An agent that can "
                        + pick(SKILLS, random)
                        + ' '
                        + pick(THINGS, random)
                        + " and "
                        + pick(SKILLS, random)
                        + ' '
                        + pick(THINGS, random)
                        + " for team "
                        + random.nextInt(1000);
        String name = "agent-" + number;
        return new Agent(
                "t",
                name,
                "u",
                description,
                null,
                -1,
                description,
                List.of(new Weighted(name, 3), new Weighted(description, 1)));
    }

    private static String pick(List<String> from, Random random) {
        return from.get(random.nextInt(from.size()));
    }

    private static String millis(long nanos) {
        return String.format("%.2f", nanos / 1e6);
    }
}
