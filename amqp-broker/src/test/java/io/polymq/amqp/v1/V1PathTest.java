package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.polymq.amqp.TestAmqp;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Frames;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.type.Unsigned;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Messages from one end to the other, by queues and exchanges, in one dialect and across two. */
class V1PathTest {

    private static TestAmqp amqp;
    private static Connection classic;
    private static Channel channel;

    @BeforeAll
    static void start() throws Exception {
        amqp = TestAmqp.open();
        classic = amqp.connect();
        channel = classic.createChannel();
    }

    @AfterAll
    static void stop() throws Exception {
        classic.close();
        amqp.close();
    }

    private static String queue(String name) throws Exception {
        channel.queueDeclare(name, true, false, false, Map.of());
        return name;
    }

    @Test
    void aMessageIsAcceptedAndDelivered() throws Exception {
        queue("one");
        try (V1Client client = V1Client.session(amqp.address(), "a")) {
            Performative.Attach sender = client.attach(V1Client.sender("s", 0, "/queues/one"));
            assertThat(sender.receiver()).isTrue();
            assertThat(sender.maxMessageSize()).isEqualTo(TestAmqp.SETTINGS.maxMessageSize());
            assertThat(client.take(Performative.Flow.class).linkCredit()).isEqualTo(1000);
            client.message(0, 0, false, V1Client.durable("hello"));
            Performative.Disposition told = client.take(Performative.Disposition.class);
            assertThat(told.state()).isEqualTo(DeliveryState.ACCEPTED);
            assertThat(told.settled()).isTrue();

            client.attach(V1Client.receiver("r", 1, "/queues/one"));
            client.credit(1, 0, 10, false);
            V1Client.Got.Message got = client.takeMessage();
            assertThat(V1Client.body(got)).isEqualTo("hello");
            assertThat(got.settled()).isFalse();
            client.settle(got.deliveryId(), got.deliveryId(), DeliveryState.ACCEPTED);
            client.send(0, new Performative.Detach(1, true, null));
            client.take(Performative.Detach.class);
        }
        assertThat(channel.basicGet("one", true)).isNull();
    }

    @Test
    void whatIsPublishedIn091IsConsumedIn10() throws Exception {
        queue("down");
        channel.basicPublish(
                "",
                "down",
                new AMQP.BasicProperties.Builder()
                        .messageId("id")
                        .contentType("text/plain")
                        .headers(Map.of("h", "v"))
                        .deliveryMode(2)
                        .build(),
                "body".getBytes(StandardCharsets.UTF_8));
        try (V1Client client = V1Client.session(amqp.address(), "b")) {
            client.attach(V1Client.receiver("r", 0, "/queues/down"));
            client.credit(0, 0, 1, false);
            Map<Long, Object> sections = V1Client.parsed(client.takeMessage().sections());
            assertThat((byte[]) sections.get(0x75L)).asString().isEqualTo("body");
            assertThat(sections.get(0x74L)).isEqualTo(Map.of("h", "v"));
        }
    }

    @Test
    void whatIsPublishedIn10IsConsumedIn091() throws Exception {
        queue("up");
        try (V1Client client = V1Client.session(amqp.address(), "c")) {
            client.attachSender("s", 0, "/exchanges/amq.direct/key");
            channel.queueBind("up", "amq.direct", "key");
            client.message(0, 0, false, V1Client.durable("text"));
            client.take(Performative.Disposition.class);
            GetResponse got = channel.basicGet("up", true);
            assertThat(got).isNotNull();
            assertThat(got.getEnvelope().getRoutingKey()).isEqualTo("key");
            assertThat(got.getProps().getDeliveryMode()).isEqualTo(2);
        }
    }

    @Test
    void whatNobodyTakesIsReleased() throws Exception {
        try (V1Client client = V1Client.session(amqp.address(), "d")) {
            client.attachSender("s", 0, "/exchanges/amq.direct/nobody");
            client.message(0, 0, false, V1Client.text("x"));
            assertThat(client.take(Performative.Disposition.class).state())
                    .isEqualTo(DeliveryState.RELEASED);
        }
    }

    @Test
    void withoutTheSecurityLayerAnOpenBrokerIsUsedAsNobody() throws Exception {
        try (V1Client client = new V1Client(amqp.address())) {
            client.header(false);
            assertThat(client.takeHeader()).isEqualTo(Frames.header(false));
            client.send(0, client.open("bare"));
            Performative.Open open = client.take(Performative.Open.class);
            assertThat(open.offered()).contains("ANONYMOUS-RELAY");
            client.send(0, new Performative.Close(null));
            client.take(Performative.Close.class);
            client.takeEnd();
        }
    }

    @Test
    void aMessageOfManyFramesArrivesWhole() throws Exception {
        queue("large");
        String body = "x".repeat(300_000);
        byte[] sections = V1Client.text(body);
        try (V1Client client = V1Client.session(amqp.address(), "e")) {
            client.attachSender("s", 0, "/queues/large");
            int part = 50_000;
            for (int at = 0; at < sections.length; at += part) {
                byte[] piece =
                        Arrays.copyOfRange(sections, at, Math.min(sections.length, at + part));
                boolean more = at + part < sections.length;
                if (at == 0) {
                    client.transfer(
                            piece,
                            Unsigned.ofInt(0),
                            Unsigned.ofInt(0),
                            V1Client.tag(0),
                            null,
                            null,
                            more);
                } else {
                    client.transfer(piece, Unsigned.ofInt(0), null, null, null, null, more);
                }
            }
            client.take(Performative.Disposition.class);
            client.attach(V1Client.receiver("r", 1, "/queues/large"));
            client.credit(1, 0, 1, false);
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            V1Client.Got.Message got;
            do {
                got = client.takeMessage();
                whole.write(got.sections());
            } while (got.more());
            assertThat(V1Client.parsed(whole.toByteArray()).get(0x77L)).isEqualTo(body);
        }
    }
}
