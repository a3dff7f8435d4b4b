package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.Test;

/** Expiry, priorities, dead letters. With RabbitMQ's own Java client. */
class LifetimeTest extends ClientCase {

    // 41: dead letters.

    @Test
    void deathsAreCountedPerQueueAndReasonAndExpirationIsRemoved() throws Exception {
        String dead = queue();
        String live = queue("x-dead-letter-exchange", "", "x-dead-letter-routing-key", dead);
        AMQP.BasicProperties properties =
                new AMQP.BasicProperties.Builder()
                        .expiration("20")
                        .headers(args("CC", List.of("elsewhere"), "k", 1))
                        .build();
        channel.basicPublish("", live, properties, bytes("x"));
        GetResponse got = awaited(dead);
        assertThat(got.getProps().getExpiration()).isNull();
        Map<String, Object> headers = got.getProps().getHeaders();
        assertThat(headers).containsEntry("k", 1);
        assertThat(headers.get("x-first-death-reason")).hasToString("expired");
        assertThat(headers.get("x-last-death-queue")).hasToString(live);
        Map<?, ?> death = (Map<?, ?>) ((List<?>) headers.get("x-death")).getFirst();
        assertThat(death.get("original-expiration")).hasToString("20");
        assertThat(death.get("routing-keys")).hasToString("[" + live + ", elsewhere]");
        assertThat(death.get("exchange")).hasToString("");
    }

    @Test
    void anAutomaticCycleIsCutAndARejectedOneIsNot() throws Exception {
        channel.queueDeclare(
                "loop",
                false,
                false,
                false,
                args("x-dead-letter-exchange", "", "x-message-ttl", 30));
        channel.basicPublish("", "loop", null, bytes("x"));
        long until = System.nanoTime() + 10_000_000_000L;
        while (channel.messageCount("loop") > 0 && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(channel.messageCount("loop")).isZero();
        channel.queueDelete("loop");

        channel.queueDeclare("again", false, false, false, args("x-dead-letter-exchange", ""));
        BlockingQueue<Delivery> deliveries = consume(channel, "again", false);
        channel.basicPublish("", "again", null, bytes("y"));
        for (int i = 0; i < 3; i++) {
            Delivery delivery = next(deliveries);
            channel.basicReject(delivery.getEnvelope().getDeliveryTag(), false);
        }
        Map<?, ?> death =
                (Map<?, ?>)
                        ((List<?>) next(deliveries).getProperties().getHeaders().get("x-death"))
                                .getFirst();
        assertThat(death.get("count")).isEqualTo(3L);
        channel.queueDelete("again");
    }

    // 42, 44: expiry and priorities.

    @Test
    void anExpirationMustBeANumberAndZeroExpiresAtOnce() throws Exception {
        String queue = queue();
        String[][] cases = {
            {"abc", "no_integer"},
            {"10x", "{leftover_string,\"x\"}"},
            {"-1", "{value_negative,-1}"},
        };
        for (String[] one : cases) {
            refused(
                    "PRECONDITION_FAILED - invalid expiration '" + one[0] + "': " + one[1],
                    () -> {
                        channel.basicPublish(
                                "",
                                queue,
                                new AMQP.BasicProperties.Builder().expiration(one[0]).build(),
                                bytes("x"));
                        return null;
                    });
        }
        channel.basicPublish(
                "", queue, new AMQP.BasicProperties.Builder().expiration("0").build(), bytes("x"));
        assertThat(got(queue)).isEqualTo("nothing");
    }

    @Test
    void higherPrioritiesComeFirstAndAboveTheMaximumIsTheMaximum() throws Exception {
        String queue = queue("x-max-priority", 5);
        for (int priority : new int[] {0, 3, 9, 5}) {
            channel.basicPublish(
                    "",
                    queue,
                    new AMQP.BasicProperties.Builder().priority(priority).build(),
                    bytes("p" + priority));
        }
        channel.basicPublish("", queue, null, bytes("none"));
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            order.add(got(queue));
        }
        assertThat(order).containsExactly("p9", "p5", "p3", "p0", "none");
    }

    @Test
    void aDeadLetterKeyTakesThePublishersCopiesAway() throws Exception {
        String dead = queue();
        String live =
                queue(
                        "x-dead-letter-exchange",
                        "",
                        "x-dead-letter-routing-key",
                        dead,
                        "x-max-length",
                        0);
        AMQP.BasicProperties properties =
                new AMQP.BasicProperties.Builder()
                        .headers(args("CC", List.of("elsewhere"), "kept", 1))
                        .expiration("60000")
                        .build();
        channel.basicPublish("", live, properties, bytes("m"));
        Map<String, Object> headers = awaited(dead).getProps().getHeaders();
        assertThat(headers).doesNotContainKey("CC").containsEntry("kept", 1);
    }
}
