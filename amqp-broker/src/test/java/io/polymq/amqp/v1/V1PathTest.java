package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.GetResponse;
import io.polymq.amqp.TestAmqp;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Frames;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.Terminus;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Unsigned;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Messages from one end to the other, by queues and exchanges, in one dialect and across two. */
class V1PathTest extends BesideAnOldClient {

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
    void aBrowserSeesEverythingAndTakesNothing() throws Exception {
        queue("browsed");
        try (V1Client client = V1Client.session(amqp.address(), "browser")) {
            client.attachSender("s", 0, "/queues/browsed");
            for (int i = 0; i < 10; i++) {
                client.message(0, i, false, V1Client.durable("m" + i));
            }
            while (client.take(Performative.Disposition.class).last() < 9) {
                // until all are safe
            }
            client.attach(V1Client.receiver("b", 1, copy("/queues/browsed")));
            client.credit(1, 0, 100, true);
            for (int i = 0; i < 10; i++) {
                V1Client.Got.Message got = client.takeMessage();
                assertThat(V1Client.body(got)).isEqualTo("m" + i);
                client.settle(got.deliveryId(), got.deliveryId(), DeliveryState.ACCEPTED);
            }
            Performative.Flow drained = client.take(Performative.Flow.class);
            assertThat(drained.deliveryCount()).isEqualTo(100);
            client.credit(1, 100, 1, false);
            client.message(0, 10, false, V1Client.durable("later"));
            assertThat(V1Client.body(client.awaitMessage())).isEqualTo("later");
        }
        assertThat(channel.messageCount("browsed")).isEqualTo(11);
    }

    private static Terminus.Source copy(String address) {
        return new Terminus.Source(
                address,
                Terminus.DURABLE_NONE,
                Terminus.EXPIRY_SESSION,
                0,
                false,
                Map.of(),
                Terminus.COPY,
                Map.of(),
                null,
                List.of(),
                List.of());
    }

    @Test
    void whatAConsumerNotesOnAMessageComesWithItAgainAndToItsDeadLetters() throws Exception {
        queue("noted.dead");
        channel.queueDeclare(
                "noted",
                true,
                false,
                false,
                Map.of(
                        "x-dead-letter-exchange", "",
                        "x-dead-letter-routing-key", "noted.dead"));
        channel.basicPublish("", "noted", null, "x".getBytes(StandardCharsets.UTF_8));
        try (V1Client client = V1Client.session(amqp.address(), "noter")) {
            client.attach(V1Client.receiver("r", 0, "/queues/noted"));
            client.credit(0, 0, 2, false);
            client.takeMessage();
            client.settle(0, 0, modified(false, "x-opt-first", "one"));
            V1Client.Got.Message again = client.takeMessage();
            assertThat(annotations(again)).containsEntry(V1Client.symbol("x-opt-first"), "one");
            client.settle(1, 1, modified(true, "x-opt-second", 2L));
        }
        GetResponse dead = channel.basicGet("noted.dead", true);
        while (dead == null) {
            dead = channel.basicGet("noted.dead", true);
        }
        assertThat(dead.getProps().getHeaders())
                .containsEntry("x-opt-second", 2L)
                .containsKey("x-opt-first")
                .containsKey("x-death");
    }

    private static DeliveryState.Modified modified(boolean undeliverable, String name, Object as) {
        return new DeliveryState.Modified(true, undeliverable, Map.of(V1Client.symbol(name), as));
    }

    private static Map<Object, Object> annotations(V1Client.Got.Message message) {
        Map<Object, Object> found = new HashMap<>();
        ((Map<?, ?>) V1Client.parsed(message.sections()).get(0x72L)).forEach(found::put);
        return found;
    }

    @Test
    void aMessageOfTheAnonymousTerminusSaysWhetherItGoesToATopic() throws Exception {
        try (V1Client client = V1Client.session(amqp.address(), "jms")) {
            client.attach(V1Client.receiver("topic", 0, "/topic/" + "anonymous"));
            client.credit(0, 0, 1, false);
            client.attachSender("s", 1, null);
            client.message(
                    1,
                    0,
                    false,
                    V1Client.sections(
                            new Described(
                                    Unsigned.ofLong(0x72),
                                    Map.of(V1Client.symbol("x-opt-jms-dest"), (byte) 1)),
                            new Described(
                                    Unsigned.ofLong(0x73), Arrays.asList(null, null, "anonymous")),
                            new Described(Unsigned.ofLong(0x77), "to a topic")));
            assertThat(V1Client.body(client.awaitMessage())).isEqualTo("to a topic");
        }
        assertThat(amqp.broker.hosts().find("/").queues().find("anonymous")).isNull();
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
