package io.polymq.amqp;

import com.rabbitmq.client.Connection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Seeded runs of {@link ChannelSimulation}; the seed that failed is in the message. */
class ChannelSimulationTest {

    private static TestAmqp amqp;

    @BeforeAll
    static void start() {
        amqp = TestAmqp.open();
    }

    @AfterAll
    static void stop() throws Exception {
        amqp.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void queuesDoWhatTheModelDoes(boolean durable) throws Exception {
        run(1, 4, 200, durable);
    }

    @Tag("long")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void queuesDoWhatTheModelDoesForManySeeds(boolean durable) throws Exception {
        run(100, 200, 600, durable);
    }

    private static void run(int first, int last, int steps, boolean durable) throws Exception {
        for (int seed = first; seed < last; seed++) {
            try (Connection connection = amqp.connect()) {
                new ChannelSimulation(connection, seed, durable).run(steps);
            } catch (AssertionError different) {
                throw new AssertionError("seed " + seed + ": " + different.getMessage(), different);
            }
        }
    }
}
