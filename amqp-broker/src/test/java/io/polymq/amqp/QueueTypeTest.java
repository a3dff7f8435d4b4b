package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import io.polymq.core.topic.TopicSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** Quorum queues and streams. With RabbitMQ's own Java client. */
class QueueTypeTest extends ClientCase {

    // Queue types.

    @Test
    void aQuorumQueueCountsDeliveriesAndGivesUpAtItsLimit() throws Exception {
        String dead = queue();
        channel.queueDeclare(
                "quorum",
                true,
                false,
                false,
                args(
                        "x-queue-type",
                        "quorum",
                        "x-delivery-limit",
                        2,
                        "x-dead-letter-exchange",
                        "",
                        "x-dead-letter-routing-key",
                        dead));
        channel.basicPublish("", "quorum", null, bytes("x"));
        for (long i = 0; i < 3; i++) {
            GetResponse got = channel.basicGet("quorum", false);
            assertThat(got).isNotNull();
            Map<String, Object> headers = got.getProps().getHeaders();
            if (i == 0) {
                assertThat(headers).isNull();
            } else {
                assertThat(headers).containsEntry("x-delivery-count", i);
            }
            channel.basicNack(got.getEnvelope().getDeliveryTag(), false, true);
        }
        GetResponse last = awaited(dead);
        assertThat(last.getProps().getHeaders().get("x-first-death-reason"))
                .hasToString("delivery_limit");
        channel.queueDelete("quorum");
    }

    @Test
    void aConsumerNamesThePartitionThatItReads() throws Exception {
        amqp.broker.topics().create("default", TopicSpec.of("parted", 3)).join();
        for (int i = 0; i < 9; i++) {
            channel.basicPublish("amq.topic", "parted", null, bytes("m" + i));
        }
        BlockingQueue<Delivery> all = new LinkedBlockingQueue<>();
        for (int partition = 0; partition < 3; partition++) {
            Channel own = connection.createChannel();
            own.basicQos(10);
            own.basicConsume(
                    "parted",
                    false,
                    args("x-stream-offset", "first", "x-stream-partition", partition),
                    (tag, delivery) -> all.add(delivery),
                    tag -> {});
        }
        Set<String> found = new HashSet<>();
        for (int i = 0; i < 9; i++) {
            found.add(text(next(all).getBody()));
        }
        assertThat(found).hasSize(9);
        refusedAsPrecondition(
                () -> {
                    channel.basicQos(1);
                    return channel.basicConsume(
                            "parted",
                            false,
                            args("x-stream-partition", 3),
                            (tag, delivery) -> {},
                            tag -> {});
                });
    }

    @Test
    void aStreamWantsPrefetchAndAcknowledgements() throws Exception {
        channel.queueDeclare("str", true, false, false, args("x-queue-type", "stream"));
        refused(
                "PRECONDITION_FAILED - consumer prefetch count is not set for stream queue 'str' in"
                        + " vhost '/'",
                () -> channel.basicConsume("str", false, (t, d) -> {}, t -> {}));
        channel.confirmSelect();
        for (String color : List.of("red", "blue", "red")) {
            channel.basicPublish(
                    "",
                    "str",
                    new AMQP.BasicProperties.Builder()
                            .headers(args("x-stream-filter-value", color))
                            .build(),
                    bytes(color));
        }
        channel.waitForConfirmsOrDie(10_000);
        channel.basicQos(10);
        BlockingQueue<Delivery> blue = new LinkedBlockingQueue<>();
        channel.basicConsume(
                "str",
                false,
                args("x-stream-offset", "first", "x-stream-filter", "blue"),
                (t, d) -> blue.add(d),
                t -> {});
        Delivery delivery = next(blue);
        assertThat(text(delivery.getBody())).isEqualTo("blue");
        assertThat(delivery.getProperties().getHeaders()).containsEntry("x-stream-offset", 1L);
        BlockingQueue<Delivery> late = new LinkedBlockingQueue<>();
        channel.basicConsume(
                "str", false, args("x-stream-offset", 2), (t, d) -> late.add(d), t -> {});
        assertThat(text(next(late).getBody())).isEqualTo("red");
        channel.basicPublish("", "str", null, bytes("new"));
        assertThat(text(next(late).getBody())).isEqualTo("new");
        channel.queueDelete("str");
    }
}
