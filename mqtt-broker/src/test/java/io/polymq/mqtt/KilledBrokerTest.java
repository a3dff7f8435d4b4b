package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.StorageConfig;
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
import org.junit.jupiter.api.io.TempDir;

/**
 * The same against a broker on disk in a process of its own that is killed without warning, again
 * and again, under load (case 57).
 */
class KilledBrokerTest implements SessionSimulation.Broker {

    @TempDir private Path folder;

    private BrokerProcess broker;
    private int port;

    @BeforeEach
    void start() throws IOException {
        broker = BrokerProcess.start(OnDisk.class, folder.toString(), "" + port);
        port = broker.port();
    }

    @AfterEach
    void kill() throws InterruptedException {
        broker.kill();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void restart() throws Exception {
        kill();
        start();
    }

    @Test
    void case57WhatWasAcknowledgedOutlivesKillsAndNothingOfQos2IsDoubled() throws Exception {
        SessionSimulation simulation = new SessionSimulation(57, 40, this);
        simulation.run(6_000, 1_900);
        assertThat(simulation.deliveries()).isGreaterThan(100); // a force takes longer than a step
    }

    @Test
    @Tag("long")
    void case57TheSameThroughAHundredKills() throws Exception {
        new SessionSimulation(System.nanoTime(), 200, this).run(400_000, 4_000);
    }

    /** A broker on disk until the process is killed: FOLDER PORT. */
    static final class OnDisk {
        private OnDisk() {}

        public static void main(String[] args) throws IOException, InterruptedException {
            ShardStore shards =
                    ShardStores.open(
                            new StorageParams(
                                    Path.of(args[0]),
                                    StorageConfig.DEFAULT,
                                    Clock.systemUTC(),
                                    new PrometheusRegistry()));
            TestServer server =
                    new TestServer(
                            MqttSettings.DEFAULT,
                            new AllowAll(),
                            shards,
                            Integer.parseInt(args[1]),
                            2);
            System.out.println("READY " + server.port());
            Thread.currentThread().join();
        }
    }
}
