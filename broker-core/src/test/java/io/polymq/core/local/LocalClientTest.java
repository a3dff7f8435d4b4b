package io.polymq.core.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.local.Interest.Start;
import io.polymq.core.queue.QueueSpec;
import io.polymq.core.topic.TopicSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalClientTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final LocalBroker broker = LocalBroker.inMemory();
    private final LocalClient client = broker.client("t");

    @AfterEach
    void close() {
        client.close();
        broker.close();
    }

    @Test
    void liveMessagesAreReceivedWithTheirHeaders() throws Exception {
        LocalSubscription all = client.subscribe("a.>");
        LocalSubscription other = client.subscribe("b");
        Published published =
                client.publish(Outgoing.of("a.b", "hello").withHeader("k", "v")).get();
        assertThat(published).isEqualTo(new Published(1, List.of()));
        LocalMessage message = all.receive(SOON);
        assertThat(message.subject()).isEqualTo("a.b");
        assertThat(message.text()).isEqualTo("hello");
        assertThat(message.header("k")).isEqualTo("v");
        assertThat(other.receive(Duration.ZERO)).isNull();
    }

    @Test
    void membersOfAGroupShare() throws Exception {
        LocalSubscription one = client.subscribe(Interest.in("a").sharedBy("g"));
        LocalSubscription two = client.subscribe(Interest.in("a").sharedBy("g"));
        for (int i = 0; i < 10; i++) {
            client.publish(Outgoing.of("a", "m" + i)).get();
        }
        assertThat(one.receive(100, SOON)).hasSize(5);
        assertThat(two.receive(100, SOON)).hasSize(5);
    }

    @Test
    void whatALiveBufferHasNoRoomForIsDroppedAndCounted() throws Exception {
        LocalSubscription slow = client.subscribe(Interest.in("a").withBuffer(2));
        for (int i = 0; i < 5; i++) {
            client.publish(Outgoing.of("a", "m" + i)).get();
        }
        assertThat(slow.dropped()).isEqualTo(3);
        assertThat(slow.receive(10, SOON)).hasSize(2);
    }

    @Test
    void aDurableReaderGoesOnWhereItWas() throws Exception {
        broker.topics().create("t", TopicSpec.of("orders", 1)).get();
        for (int i = 0; i < 4; i++) {
            Published published = client.publish(Outgoing.of("orders", "m" + i)).get();
            assertThat(published.places()).containsExactly(new Published.Place("orders", 0, i));
        }
        try (LocalSubscription reader = client.subscribe(Interest.inTopic("orders", "r"))) {
            for (int i = 0; i < 2; i++) {
                LocalMessage message = reader.receive(SOON);
                assertThat(message.text()).isEqualTo("m" + i);
                assertThat(message.offset()).isEqualTo(i);
                message.ack().get();
            }
        }
        try (LocalSubscription reader = client.subscribe(Interest.inTopic("orders", "r"))) {
            assertThat(reader.receive(SOON).text()).isEqualTo("m2");
        }
    }

    @Test
    void aNewReaderMayBeginAtTheEnd() throws Exception {
        broker.topics().create("t", TopicSpec.of("orders", 1)).get();
        client.publish(Outgoing.of("orders", "old")).get();
        LocalSubscription reader =
                client.subscribe(Interest.inTopic("orders", "late").from(new Start.Next()));
        client.publish(Outgoing.of("orders", "new")).get();
        assertThat(reader.receive(SOON).text()).isEqualTo("new");
    }

    @Test
    void aMessageIsSettledOnce() throws Exception {
        broker.queues().create("t", "q", QueueSpec.TRANSIENT).get();
        client.send("q", Outgoing.of("q", "x")).get();
        LocalSubscription consumer = client.subscribe(Interest.inQueue("q"));
        LocalMessage message = consumer.receive(SOON);
        message.ack().get();
        assertThat(message.isSettled()).isTrue();
        assertThatThrownBy(message::ack).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(message::nack).isInstanceOf(IllegalStateException.class);
        assertThat(consumer.receive(Duration.ZERO)).isNull();
    }

    @Test
    void aMessageThatIsGivenBackComesAgain() throws Exception {
        broker.queues().create("t", "q", QueueSpec.TRANSIENT).get();
        client.send("q", Outgoing.of("q", "x")).get();
        LocalSubscription consumer = client.subscribe(Interest.inQueue("q"));
        consumer.receive(SOON).nack();
        LocalMessage again = consumer.receive(SOON);
        assertThat(again.deliveries()).isEqualTo(2);
        again.nackAfter(Duration.ofMillis(1));
        assertThat(consumer.receive(SOON).deliveries()).isEqualTo(3);
    }

    @Test
    void moreThanTheBufferIsReceivedBitByBit() throws Exception {
        broker.queues().create("t", "q", QueueSpec.TRANSIENT).get();
        for (int i = 0; i < 50; i++) {
            client.send("q", Outgoing.of("q", "m" + i)).get();
        }
        LocalSubscription consumer = client.subscribe(Interest.inQueue("q").withBuffer(4));
        List<String> seen = new ArrayList<>();
        while (seen.size() < 50) {
            for (LocalMessage message : consumer.receive(8, SOON)) {
                seen.add(message.text());
                message.ack();
            }
        }
        assertThat(seen).hasSize(50).startsWith("m0", "m1").endsWith("m49");
    }

    @Test
    void aRequestIsAnswered() throws Exception {
        LocalSubscription service = client.subscribe("echo");
        var answer = client.request("echo", "ping".getBytes(), SOON);
        LocalMessage request = service.receive(SOON);
        request.reply("pong".getBytes()).get();
        assertThat(answer.get().text()).isEqualTo("pong");
    }

    @Test
    void aRequestToNobodyFailsAtOnceAndOneWithoutAnswerInTime() {
        assertThatThrownBy(() -> client.request("void", new byte[0], SOON).join())
                .hasRootCauseInstanceOf(LocalClient.NoAnswerException.class);
        client.subscribe("silent");
        assertThatThrownBy(() -> client.request("silent", new byte[0], Duration.ofMillis(1)).join())
                .hasRootCauseInstanceOf(LocalClient.NoAnswerException.class);
    }

    @Test
    void namesThatDoNotExistAreRefused() {
        assertThatThrownBy(() -> client.subscribe(Interest.inTopic("nope", "d")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> client.subscribe(Interest.inQueue("nope")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> client.subscribe("a..b"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
