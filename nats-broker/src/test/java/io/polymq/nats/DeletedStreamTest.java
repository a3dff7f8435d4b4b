package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Subject;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publishes that were routed to a stream and come when it has been deleted. */
class DeletedStreamTest {

    @Test
    void aPublishOnItsWayIsAnsweredAndFailsNobodyWhoNamedNoStream(@TempDir Path folder)
            throws Exception {
        try (TestNats nats = TestNats.streaming(folder);
                JetStreamClient client = new JetStreamClient(nats.address())) {
            client.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
            String deleted = client.subscribe("deleted");
            String stored = client.subscribe("stored");
            CountDownLatch go = new CountDownLatch(1);
            nats.storage().params().zones().getFirst().execute(() -> await(go));

            client.publish("$JS.API.STREAM.DELETE.S", "deleted", "", "");
            client.publish("s.a", "stored", "", "of a client");
            client.flush();
            CompletableFuture<Void> safe = publish(nats, "s.b");
            assertThat(safe).isNotDone();
            go.countDown();

            assertThat(safe).succeedsWithin(10, TimeUnit.SECONDS);
            JsonNode answer = JetStreamClient.json(client.nextOf(stored));
            assertThat(answer.at("/error/err_code").asInt()).isEqualTo(10059);
            assertThat(JetStreamClient.json(client.nextOf(deleted)).at("/success").asBoolean())
                    .isTrue();
        }
    }

    /** Of a protocol that knows of no streams; completes when whoever keeps it has it safe. */
    private static CompletableFuture<Void> publish(TestNats nats, String subject) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(safe);
        byte[] payload = {'m'};
        nats.router
                .space("default")
                .publish(
                        nats.router.newCache(),
                        new Message()
                                .begin(Subject.ofDotted(subject), payload, 0, 1)
                                .receipt(receipt));
        receipt.seal();
        return safe;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
