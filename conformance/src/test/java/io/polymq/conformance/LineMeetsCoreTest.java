package io.polymq.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.TransportPorts;
import io.polymq.core.local.Interest;
import io.polymq.core.local.LocalBroker;
import io.polymq.core.local.LocalClient;
import io.polymq.core.local.LocalSubscription;
import io.polymq.core.local.Outgoing;
import io.polymq.core.queue.QueueSpec;
import io.polymq.core.topic.TopicSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The toy protocol on the real core: its clients meet each other, and others' clients, in the
 * router, in a topic and in a queue.
 */
@Timeout(60)
class LineMeetsCoreTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final LocalBroker core = LocalBroker.inMemory();
    private final LocalClient other = core.client("default");
    private final Site site =
            new Site(
                    new Limits().build(),
                    new TransportPorts(0, null, null, null, null),
                    new Certificates(),
                    environment ->
                            new LineBroker(
                                    new LineBrokerParams(
                                            core.router(),
                                            core.topics(),
                                            core.queues(),
                                            environment.registry())));
    private final Client ann = site.connect();
    private final Client bob = site.connect();

    @BeforeEach
    void logIn() {
        ask(ann, "HELLO ann", "OK");
        ask(bob, "HELLO bob", "OK");
    }

    @AfterEach
    void end() {
        ann.close();
        bob.close();
        site.close();
        other.close();
        core.close();
    }

    private static void ask(Client client, String request, String... answer) {
        client.send(bytes(request + "\n"));
        hear(client, answer);
    }

    private static void hear(Client client, String... lines) {
        client.expect(Answer.of(bytes(String.join("\n", lines) + "\n")));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theRouterCarriesMessagesBothWays() throws Exception {
        ask(bob, "SUB orders.*", "OK");
        try (LocalSubscription foreign = other.subscribe("orders.>")) {
            ask(ann, "PUB orders.eu one chair", "DONE");
            hear(bob, "MSG orders.eu one chair");
            assertThat(foreign.receive(SOON).text()).isEqualTo("one chair");
        }
        other.publish("orders.us", bytes("two tables")).get();
        hear(bob, "MSG orders.us two tables");
    }

    @Test
    void aTopicKeepsWhatIsPublishedForReadersOfAnyKind() throws Exception {
        core.topics().create("default", TopicSpec.of("audit", 1)).get();
        ask(ann, "PUB audit first", "DONE");
        other.publish("audit", bytes("second")).get();
        ask(bob, "READ audit 0", "REC 0 first", "REC 1 second", "END 2");
        ask(bob, "READ audit 1", "REC 1 second", "END 2");
        try (LocalSubscription foreign = other.subscribe(Interest.inTopic("audit", "reader"))) {
            assertThat(foreign.receive(SOON).text()).isEqualTo("first");
            assertThat(foreign.receive(SOON).text()).isEqualTo("second");
        }
    }

    @Test
    void aQueueHandsEachMessageToOneOfThem() throws Exception {
        core.queues().open("default", "jobs", QueueSpec.DURABLE).get();
        ask(ann, "PUT jobs dig", "DONE");
        other.send("jobs", Outgoing.of("jobs", bytes("fill"))).get();
        ask(ann, "TAKE jobs", "GOT 0 dig");
        ask(bob, "TAKE jobs", "GOT 1 fill");
        ask(ann, "ACK jobs 0", "DONE");
        bob.close();
        ask(ann, "TAKE jobs", "GOT 1 fill");
        ask(ann, "ACK jobs 1", "DONE");
        assertThat(core.queues().find("default", "jobs").orElseThrow().statistics().get().ready())
                .isZero();
    }

    @Test
    void whatDoesNotExistOrIsNoSubjectIsRefused() {
        ask(ann, "READ nothing 0", "NO topic nothing");
        ask(ann, "PUT nothing x", "NO queue nothing");
        ask(ann, "TAKE nothing", "NO queue nothing");
        ask(ann, "ACK nothing 1", "NO queue nothing");
        ask(ann, "SUB a..b", "NO what is a..b ");
        assertThat(ann.rest()).isEmpty();
        ask(bob, "PING 1", "PONG 1");
    }
}
