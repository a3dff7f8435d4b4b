package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.amqp.KilledBroker;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Unsigned;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a broker while deliveries of 1.0 are unsettled on either side, and looks at what is left.
 */
@Tag("long")
class V1KillTest {

    private static final int KILLS = 4;
    private static final int MESSAGES = 400;

    private static V1Client client(KilledBroker broker) throws IOException {
        return V1Client.session(broker.address(), "killed");
    }

    private static List<String> drain(V1Client client, long handle, String queue)
            throws IOException {
        client.attach(V1Client.receiver("drain-" + queue, handle, "/queues/" + queue));
        List<String> found = new ArrayList<>();
        client.credit(handle, 0, 1_000_000, true);
        while (true) {
            V1Client.Got got = client.take();
            if (got instanceof V1Client.Got.Message message) {
                found.add(String.valueOf(V1Client.body(message)));
            } else if (got instanceof V1Client.Got.Of of
                    && of.performative() instanceof Performative.Flow flow
                    && flow.drain()) {
                return found;
            }
        }
    }

    private static void declare(KilledBroker broker, String... queues) throws Exception {
        try (var connection = broker.connect()) {
            for (String queue : queues) {
                connection.createChannel().queueDeclare(queue, true, false, false, null);
            }
        }
    }

    @Test
    void whatWasAcceptedIsThereAndWhatWasNotSettledComesAgain(@TempDir Path folder)
            throws Exception {
        Random random = new Random(8);
        Set<String> owed = new HashSet<>();
        int next = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            KilledBroker broker = KilledBroker.start(folder);
            declare(broker, "kept");
            try (V1Client client = client(broker)) {
                client.attachSender("in", 0, "/queues/kept");
                Map<Long, String> open = new HashMap<>();
                for (long id = 0; id < MESSAGES; id++) {
                    open.put(id, "m" + next++);
                    client.message(0, id, false, V1Client.durable(open.get(id)));
                }
                int enough = MESSAGES / 2 + random.nextInt(MESSAGES / 2);
                for (int accepted = 0; accepted < enough; ) {
                    Performative.Disposition told = client.await(Performative.Disposition.class);
                    assertThat(told.state()).isEqualTo(DeliveryState.ACCEPTED);
                    for (long id = told.first(); id <= told.last(); id++, accepted++) {
                        owed.add(open.get(id));
                    }
                }
                client.send(0, V1Client.receiver("out", 1, "/queues/kept"));
                client.await(Performative.Attach.class);
                client.credit(1, 0, 100, false);
                for (int i = 0; i < 100; i++) {
                    V1Client.Got.Message got = client.awaitMessage();
                    if (random.nextBoolean()) {
                        client.settle(got.deliveryId(), got.deliveryId(), DeliveryState.ACCEPTED);
                        owed.remove(String.valueOf(V1Client.body(got)));
                    }
                }
                broker.kill();
            }
        }
        KilledBroker broker = KilledBroker.start(folder);
        try (V1Client client = client(broker)) {
            List<String> left = drain(client, 0, "kept");
            assertThat(left).doesNotHaveDuplicates().containsAll(owed);
        }
        broker.kill();
    }

    @Test
    void aMessageThatATransactionMovesIsInOneQueueOrTheOther(@TempDir Path folder)
            throws Exception {
        int messages = 3 * MESSAGES;
        KilledBroker first = KilledBroker.start(folder);
        declare(first, "from", "to");
        try (V1Client client = client(first)) {
            client.attachSender("in", 0, "/queues/from");
            for (long id = 0, accepted = 0; accepted < messages; id++) {
                if (id < messages) {
                    client.message(0, id, false, V1Client.durable("m" + id));
                }
                if (id >= MESSAGES || id >= messages) {
                    Performative.Disposition told = client.await(Performative.Disposition.class);
                    accepted += told.last() - told.first() + 1;
                }
            }
        }
        Set<String> moved = new HashSet<>();
        Random random = new Random(9);
        KilledBroker broker = first;
        for (int kill = 0; kill < KILLS; kill++) {
            Thread killer =
                    Thread.ofPlatform().unstarted(killed(broker, 300 + random.nextInt(500)));
            try (V1Client client = client(broker)) {
                killer.start();
                move(client, moved);
            } catch (IOException | AssertionError gone) {
                killer.join();
                assertThat(broker.process().isAlive()).isFalse();
            }
            broker = KilledBroker.start(folder);
        }
        try (V1Client client = client(broker)) {
            List<String> there = drain(client, 0, "to");
            List<String> here = drain(client, 1, "from");
            assertThat(moved).hasSizeGreaterThan(10);
            assertThat(there).doesNotHaveDuplicates().containsAll(moved);
            assertThat(here).doesNotHaveDuplicates().doesNotContainAnyElementsOf(there);
            assertThat(there.size() + here.size()).isEqualTo(messages);
        }
        broker.kill();
    }

    private static Runnable killed(KilledBroker broker, int afterMillis) {
        return () -> {
            try {
                assertThat(broker.process().waitFor(afterMillis, TimeUnit.MILLISECONDS)).isFalse();
                broker.kill();
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        };
    }

    /** One message after the other, until the connection breaks or nothing is left. */
    private static void move(V1Client client, Set<String> moved) throws IOException {
        client.attachCoordinator();
        client.attachSender("to", 1, "/queues/to");
        client.attach(V1Client.receiver("from", 2, "/queues/from"));
        long id = 0;
        for (int count = 0; ; count++) {
            client.message(0, id++, false, V1Client.command(0x31, List.of()));
            DeliveryState declared = client.await(Performative.Disposition.class).state();
            byte[] transaction = ((DeliveryState.Declared) declared).transaction();
            client.credit(2, count, 1, false);
            V1Client.Got.Message got = client.awaitMessage();
            String text = String.valueOf(V1Client.body(got));
            client.transfer(
                    V1Client.durable(text),
                    Unsigned.ofInt(1),
                    Unsigned.ofInt(id),
                    V1Client.tag(id++),
                    Unsigned.ofInt(0),
                    true,
                    false,
                    null,
                    new Described(Unsigned.ofLong(0x34), List.of(transaction)));
            client.settle(
                    got.deliveryId(),
                    got.deliveryId(),
                    new DeliveryState.Transactional(transaction, DeliveryState.ACCEPTED));
            client.message(0, id++, false, V1Client.command(0x32, List.of(transaction, false)));
            assertThat(client.await(Performative.Disposition.class).state())
                    .isEqualTo(DeliveryState.ACCEPTED);
            moved.add(text);
        }
    }
}
