package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.conformance.AllowAll;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Sessions against the model of {@link SessionSimulation}, with a broker that ends as it should.
 */
class SessionSimulationTest implements SessionSimulation.Broker {

    private ShardStore shards;
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        shards =
                ShardStores.open(
                        new StorageParams(
                                Path.of("target"),
                                InMemory.CONFIG,
                                Clock.systemUTC(),
                                new PrometheusRegistry()));
        server = new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, 0, 2);
    }

    @AfterEach
    void stop() {
        server.close();
        shards.close();
    }

    @Override
    public int port() {
        return server.port();
    }

    @Override
    public void restart() throws IOException {
        int port = server.port();
        server.close();
        server = new TestServer(MqttSettings.DEFAULT, new AllowAll(), shards, port, 2);
    }

    @Test
    void nothingIsLostDoubledOrOutOfOrder() throws Exception {
        SessionSimulation simulation = new SessionSimulation(20261126, 60, this);
        simulation.run(6_000, 2_500);
        assertThat(simulation.deliveries()).isGreaterThan(1_000);
    }

    @Test
    @Tag("long")
    void noneOfAThousandClientsLosesAnything() throws Exception {
        for (int round = 0; round < 5; round++) {
            SessionSimulation simulation = new SessionSimulation(System.nanoTime(), 1_000, this);
            simulation.run(100_000, 30_000);
            stop();
            start();
        }
    }
}
