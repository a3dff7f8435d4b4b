package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every application does, with RabbitMQ's own Java client. */
class BasicPathTest extends ClientCase {

    @Test
    void aPublishedMessageIsGotWithItsProperties() throws Exception {
        String queue = channel.queueDeclare().getQueue();
        AMQP.BasicProperties properties =
                MessageProperties.PERSISTENT_TEXT_PLAIN
                        .builder()
                        .headers(Map.of("a", 1, "b", "two"))
                        .correlationId("c")
                        .build();
        channel.basicPublish("", queue, properties, bytes("hello"));
        GetResponse got = channel.basicGet(queue, false);
        assertThat(text(got.getBody())).isEqualTo("hello");
        assertThat(got.getProps().getCorrelationId()).isEqualTo("c");
        assertThat(got.getProps().getHeaders()).containsEntry("a", 1);
        assertThat(got.getEnvelope().getRoutingKey()).isEqualTo(queue);
        assertThat(got.getEnvelope().isRedeliver()).isFalse();
        channel.basicAck(got.getEnvelope().getDeliveryTag(), false);
        assertThat(channel.basicGet(queue, true)).isNull();
    }

    @Test
    void durableQueuesAreConsumedWithPrefetchAndConfirms() throws Exception {
        channel.queueDeclare("work", true, false, false, null);
        channel.confirmSelect();
        for (int i = 0; i < 1000; i++) {
            channel.basicPublish("", "work", MessageProperties.PERSISTENT_BASIC, bytes("m" + i));
        }
        channel.waitForConfirmsOrDie(10_000);
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        channel.basicQos(10);
        channel.basicConsume(
                "work",
                false,
                (tag, delivery) -> {
                    received.add(text(delivery.getBody()));
                    channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
                },
                tag -> {});
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            all.add(received.poll(10, TimeUnit.SECONDS));
        }
        assertThat(all).hasSize(1000).doesNotContainNull();
        for (int i = 0; i < 1000; i++) {
            assertThat(all.get(i)).isEqualTo("m" + i);
        }
        channel.queueDelete("work");
    }

    @Test
    void exchangesRouteByTheirTypes() throws Exception {
        channel.exchangeDeclare("logs", "topic");
        String one = channel.queueDeclare().getQueue();
        String two = channel.queueDeclare().getQueue();
        channel.queueBind(one, "logs", "a.*");
        channel.queueBind(one, "logs", "a.#");
        channel.queueBind(two, "logs", "#.b");
        channel.basicPublish("logs", "a.b", null, bytes("x"));
        channel.basicPublish("logs", "a.b.c", null, bytes("y"));
        assertThat(text(channel.basicGet(one, true).getBody())).isEqualTo("x");
        assertThat(text(channel.basicGet(one, true).getBody())).isEqualTo("y");
        assertThat(channel.basicGet(one, true)).isNull();
        assertThat(text(channel.basicGet(two, true).getBody())).isEqualTo("x");
        assertThat(channel.basicGet(two, true)).isNull();
        channel.exchangeDelete("logs");
    }

    @Test
    void largeBodiesComeThroughInManyFrames() throws Exception {
        String queue = channel.queueDeclare().getQueue();
        byte[] large = new byte[3_000_000];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) i;
        }
        channel.basicPublish("", queue, null, large);
        channel.basicPublish("", queue, null, new byte[0]);
        assertThat(channel.basicGet(queue, true).getBody()).isEqualTo(large);
        assertThat(channel.basicGet(queue, true).getBody()).isEmpty();
    }

    @Test
    void rejectedMessagesGoToTheDeadLetterExchange() throws Exception {
        channel.queueDeclare("dead", false, false, true, null);
        channel.queueDeclare(
                "live",
                false,
                false,
                false,
                Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", "dead"));
        channel.basicPublish("", "live", null, bytes("bad"));
        GetResponse got = channel.basicGet("live", false);
        BlockingQueue<com.rabbitmq.client.Delivery> dead = new LinkedBlockingQueue<>();
        channel.basicConsume("dead", true, (tag, delivery) -> dead.add(delivery), tag -> {});
        channel.basicReject(got.getEnvelope().getDeliveryTag(), false);
        com.rabbitmq.client.Delivery delivery = dead.poll(10, TimeUnit.SECONDS);
        assertThat(delivery).isNotNull();
        List<?> deaths = (List<?>) delivery.getProperties().getHeaders().get("x-death");
        Map<?, ?> death = (Map<?, ?>) deaths.getFirst();
        assertThat(death.get("reason")).hasToString("rejected");
        assertThat(death.get("queue")).hasToString("live");
        assertThat(death.get("count")).isEqualTo(1L);
        assertThat(delivery.getProperties().getHeaders().get("x-first-death-queue"))
                .hasToString("live");
        channel.queueDelete("live");
    }

    @Test
    void amqTopicIsTheSubjectSpaceOfOtherProtocols() throws Exception {
        String queue = channel.queueDeclare().getQueue();
        channel.queueBind(queue, "amq.topic", "rooms.#");
        channel.queueBind(queue, "amq.topic", "rooms.*.heat");
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        amqp.router
                .space("default")
                .subscribe(
                        io.polymq.core.subject.Dialect.MQTT.parse("rooms/+/heat"),
                        null,
                        false,
                        message -> heard.add(message.subject().toString()));
        channel.basicPublish("amq.topic", "rooms.kitchen.heat", null, bytes("21"));
        assertThat(text(channel.basicGet(queue, true).getBody())).isEqualTo("21");
        io.polymq.core.message.Message foreign = new io.polymq.core.message.Message();
        foreign.begin(
                io.polymq.core.subject.Subject.ofSlashed("rooms/hall/heat"), bytes("19"), 0, 2);
        amqp.router.space("default").publish(amqp.router.newCache(), foreign);
        GetResponse other = channel.basicGet(queue, true);
        assertThat(text(other.getBody())).isEqualTo("19");
        assertThat(other.getEnvelope().getExchange()).isEqualTo("amq.topic");
        assertThat(other.getEnvelope().getRoutingKey()).isEqualTo("rooms.hall.heat");
        assertThat(channel.basicGet(queue, true)).isNull();
        assertThat(heard).containsExactly("rooms.kitchen.heat", "rooms.hall.heat");
    }

    @Test
    void streamsAreReadAgainFromTheirBeginning() throws Exception {
        channel.queueDeclare("events", true, false, false, Map.of("x-queue-type", "stream"));
        channel.confirmSelect();
        for (int i = 0; i < 100; i++) {
            channel.basicPublish("", "events", null, bytes("e" + i));
        }
        channel.waitForConfirmsOrDie(10_000);
        for (int round = 0; round < 2; round++) {
            Channel reader = connection.createChannel();
            BlockingQueue<String> received = new LinkedBlockingQueue<>();
            reader.basicQos(7);
            reader.basicConsume(
                    "events",
                    false,
                    Map.of("x-stream-offset", "first"),
                    (tag, delivery) -> {
                        received.add(
                                text(delivery.getBody())
                                        + delivery.getProperties()
                                                .getHeaders()
                                                .get("x-stream-offset"));
                        reader.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
                    },
                    tag -> {});
            for (int i = 0; i < 100; i++) {
                assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo("e" + i + i);
            }
            reader.abort();
        }
        channel.queueDelete("events");
    }
}
