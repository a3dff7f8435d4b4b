package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Performative;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a transaction retires is safe when its commit is answered, and it is answered. */
final class CommittedOutcomesTest extends BesideAnOldClient {

    @Test
    void aCommitWaitsForTheQueueToHaveTheAcknowledgement() throws Exception {
        queue("retired", "m");
        CountDownLatch go = new CountDownLatch(1);
        try (V1Client client = V1Client.session(amqp.address(), "retired")) {
            client.attachCoordinator();
            client.attach(V1Client.receiver("r", 1, "/queues/retired"));
            client.credit(1, 0, 1, false);
            client.awaitMessage();
            client.message(0, 0, false, V1Client.command(0x31, List.of()));
            DeliveryState declared = client.await(Performative.Disposition.class).state();
            byte[] transaction = ((DeliveryState.Declared) declared).transaction();

            find("retired").queue().execute(() -> await(go));
            client.settle(
                    0, 0, new DeliveryState.Transactional(transaction, DeliveryState.ACCEPTED));
            client.message(0, 1, false, V1Client.command(0x32, List.of(transaction, false)));
            client.timeout(300);
            assertThatThrownBy(client::take).isInstanceOf(SocketTimeoutException.class);

            client.timeout(10_000);
            go.countDown();
            assertThat(client.await(Performative.Disposition.class).state())
                    .isEqualTo(DeliveryState.ACCEPTED);
        } finally {
            go.countDown();
            channel.queueDelete("retired");
        }
    }
}
