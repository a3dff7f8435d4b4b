package io.polymq.core.queue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class QueueSimulationTest {

    private static void run(long firstSeed, int seeds, int steps, boolean durable) {
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            try (QueueSimulation simulation = new QueueSimulation(seed, durable)) {
                simulation.run(steps);
            }
        }
    }

    @Test
    void aTransientQueueDoesWhatItsModelDoes() {
        run(1, 100, 500, false);
    }

    @Test
    void aDurableQueueDoesWhatItsModelDoesCrashesIncluded() {
        run(10_001, 30, 300, true);
    }

    @Tag("long")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aMillionStepsWithoutADifference(boolean durable) {
        run(1_000_000, 1000, 1000, durable);
    }
}
