package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Many clients that publish, subscribe, drop, take themselves over and come back, against a broker
 * that is ended and begun again, by chance and from a seed. In the end each must have all that was
 * promised for it: QoS 1 at least once, QoS 2 exactly once, in the order of each publisher and
 * topic (4.6).
 */
final class SessionSimulation {

    private static final int TOPICS = 25;

    private final long seed;
    private final Random random;
    private final Broker broker;
    private final List<SimulatedClient> clients = new ArrayList<>();

    /** What the clients talk to. */
    interface Broker {
        int port();

        /** Ends it, well or not, and begins it again on the same port. */
        void restart() throws Exception;
    }

    SessionSimulation(long seed, int clientCount, Broker broker) {
        this.seed = seed;
        this.random = new Random(seed);
        this.broker = broker;
        for (int i = 0; i < clientCount; i++) {
            List<String> filters = new ArrayList<>();
            for (int n = random.nextInt(3); n > 0; n--) {
                String topic = topic(1 + random.nextInt(2), random.nextInt(TOPICS));
                if (!filters.contains(topic)) {
                    filters.add(topic);
                }
            }
            clients.add(new SimulatedClient("c" + i, filters, new Random(random.nextLong())));
        }
    }

    private static String topic(int qos, int number) {
        return "t/q" + qos + '/' + number;
    }

    /**
     * @param restartEvery steps between ends of the broker
     */
    void run(int steps, int restartEvery) throws Exception {
        connectAll();
        for (int step = 1; step <= steps; step++) {
            if (step % restartEvery == 0) {
                broker.restart();
            }
            step(clients.get(random.nextInt(clients.size())));
        }
        settle();
        check();
    }

    private void step(SimulatedClient client) {
        int chance = random.nextInt(100);
        if (!client.isConnected()) {
            client.connect(broker.port());
        } else if (chance < 3) {
            client.close();
        } else if (chance < 6) {
            client.connect(broker.port());
        } else if (chance < 55) {
            int qos = 1 + random.nextInt(2);
            client.publish(topic(qos, random.nextInt(TOPICS)), qos);
        } else if (chance < 70) {
            client.answerAll();
        }
        client.pump();
    }

    private void connectAll() {
        for (SimulatedClient client : clients) {
            client.connect(broker.port());
        }
        await("subscribed", () -> clients.stream().allMatch(SimulatedClient::isReady));
    }

    /** Everyone comes back and finishes what is open, until nothing moves any more. */
    private void settle() {
        await("finished", () -> clients.stream().allMatch(SimulatedClient::isDone));
        long quietSince = System.nanoTime();
        while (System.nanoTime() - quietSince < TimeUnit.MILLISECONDS.toNanos(1500)) {
            if (turn()) {
                quietSince = System.nanoTime();
            }
        }
    }

    private void await(String what, java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("%s, seed %d", what, seed).isLessThan(end);
            turn();
        }
    }

    private boolean turn() {
        boolean some = false;
        for (SimulatedClient client : clients) {
            if (!client.isConnected()) {
                client.connect(broker.port());
            }
            client.answerAll();
            some |= client.pump();
        }
        if (!some) {
            LockSupport.parkNanos(1_000_000);
        }
        return some;
    }

    private void check() {
        for (SimulatedClient subscriber : clients) {
            for (String topic : subscriber.filters()) {
                for (SimulatedClient publisher : clients) {
                    check(subscriber, publisher, topic);
                }
            }
        }
    }

    private void check(SimulatedClient subscriber, SimulatedClient publisher, String topic) {
        List<Integer> got =
                subscriber.received().getOrDefault(topic + ' ' + publisher.id(), List.of());
        int promised = publisher.promised().getOrDefault(topic, 0);
        String what =
                "seed %d: %s from %s to %s".formatted(seed, topic, publisher.id(), subscriber.id());
        List<Integer> firsts = new ArrayList<>(new java.util.LinkedHashSet<>(got));
        List<Integer> wanted = java.util.stream.IntStream.rangeClosed(1, promised).boxed().toList();
        assertThat(firsts).as(what).isEqualTo(wanted);
        if (topic.startsWith("t/q2")) {
            assertThat(got).as("%s, once", what).hasSameSizeAs(new HashSet<>(got));
        }
    }

    /** How many deliveries there were, for whoever wants to know that something happened. */
    long deliveries() {
        long count = 0;
        for (SimulatedClient client : clients) {
            for (Map.Entry<String, List<Integer>> of : client.received().entrySet()) {
                count += of.getValue().size();
            }
        }
        return count;
    }
}
