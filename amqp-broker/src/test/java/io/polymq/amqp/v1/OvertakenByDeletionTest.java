package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Unsigned;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A deletion that comes between the routing of a message of 1.0 and its writing. */
final class OvertakenByDeletionTest extends BesideAnOldClient {

    @ParameterizedTest
    @ValueSource(strings = {"/queues/overtaken", "/exchanges/amq.topic/over.taken"})
    void theMessageIsAccepted(String address) throws Exception {
        queue("overtaken");
        channel.queueBind("overtaken", "amq.topic", "over.*");
        try (V1Client client = V1Client.session(amqp.address(), "overtaken")) {
            client.attachSender("s", 0, address);
            CountDownLatch released = new CountDownLatch(1);
            AmqpQueue queue = find("overtaken");
            queue.queue().execute(() -> await(released));
            CompletableFuture<Void> deleted = amqp.deleteBehind(queue);
            client.message(0, 0, false, V1Client.durable("late"));
            released.countDown();
            Performative.Disposition told = client.await(Performative.Disposition.class);
            assertThat(told.state()).isEqualTo(DeliveryState.ACCEPTED);
            deleted.join();
        } finally {
            channel.queueDelete("overtaken");
        }
    }

    @Test
    void aTransactionIsCommitted() throws Exception {
        queue("overtaken");
        try (V1Client client = V1Client.session(amqp.address(), "overtaken-tx")) {
            client.attachCoordinator();
            client.attachSender("s", 1, "/queues/overtaken");
            client.message(0, 0, false, V1Client.command(0x31, List.of()));
            DeliveryState declared = client.await(Performative.Disposition.class).state();
            byte[] transaction = ((DeliveryState.Declared) declared).transaction();
            client.transfer(
                    V1Client.durable("late"),
                    Unsigned.ofInt(1),
                    Unsigned.ofInt(1),
                    V1Client.tag(1),
                    Unsigned.ofInt(0),
                    true,
                    false,
                    null,
                    new Described(Unsigned.ofLong(0x34), List.of(transaction)));
            amqp.deleteBehind(find("overtaken")).join();
            client.message(0, 2, false, V1Client.command(0x32, List.of(transaction, false)));
            assertThat(client.await(Performative.Disposition.class).state())
                    .isEqualTo(DeliveryState.ACCEPTED);
        } finally {
            channel.queueDelete("overtaken");
        }
    }
}
