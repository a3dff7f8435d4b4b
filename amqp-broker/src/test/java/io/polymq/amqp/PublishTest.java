package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.Return;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Mandatory messages, confirms, copies, the user id, blocked publishers, direct answers. With
 * RabbitMQ's own Java client.
 */
class PublishTest extends ClientCase {

    // 22, 23, 24: mandatory and confirms.

    @Test
    void anUnroutableMandatoryMessageIsReturnedBeforeItsConfirm() throws Exception {
        List<String> heard = java.util.Collections.synchronizedList(new ArrayList<>());
        channel.confirmSelect();
        channel.addReturnListener(
                (Return returned) ->
                        heard.add(returned.getReplyCode() + " " + text(returned.getBody())));
        channel.addConfirmListener(
                (tag, multiple) -> heard.add("ack " + tag), (tag, multiple) -> heard.add("nack"));
        channel.basicPublish("", "nowhere", true, null, bytes("back"));
        assertThat(channel.waitForConfirms(10_000)).isTrue();
        assertThat(heard).containsExactly("312 back", "ack 1");
    }

    @Test
    void publishingToAMissingExchangeIs404() throws Exception {
        refused(
                "NOT_FOUND - no exchange 'missing' in vhost '/'",
                () -> {
                    channel.basicPublish("missing", "k", null, bytes("x"));
                    return null;
                });
    }

    @Test
    void aFullQueueThatRejectsSendsNack() throws Exception {
        String queue = queue("x-max-length", 1, "x-overflow", "reject-publish");
        channel.confirmSelect();
        channel.basicPublish("", queue, null, bytes("a"));
        channel.basicPublish("", queue, null, bytes("b"));
        assertThat(channel.waitForConfirms(10_000)).isFalse();
        assertThat(got(queue)).isEqualTo("a");
        assertThat(got(queue)).isEqualTo("nothing");
    }

    @Test
    void dropHeadStillAcksAndDeadLetters() throws Exception {
        String dead = queue();
        String queue =
                queue(
                        "x-max-length",
                        2,
                        "x-dead-letter-exchange",
                        "",
                        "x-dead-letter-routing-key",
                        dead);
        channel.confirmSelect();
        for (int i = 0; i < 4; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
        }
        assertThat(channel.waitForConfirms(10_000)).isTrue();
        assertThat(text(awaited(dead).getBody())).isEqualTo("m0");
        assertThat(text(awaited(dead).getBody())).isEqualTo("m1");
        assertThat(got(queue)).isEqualTo("m2");
    }

    // 38: user-id.

    @Test
    void aForeignUserIdIs406() throws Exception {
        String queue = queue();
        channel.basicPublish(
                "", queue, new AMQP.BasicProperties.Builder().userId("guest").build(), bytes("x"));
        assertThat(got(queue)).isEqualTo("x");
        refused(
                "PRECONDITION_FAILED - user_id property set to 'bob' but authenticated user was"
                        + " 'guest'",
                () -> {
                    channel.basicPublish(
                            "",
                            queue,
                            new AMQP.BasicProperties.Builder().userId("bob").build(),
                            bytes("x"));
                    return null;
                });
    }

    // 40: blocked.

    @Test
    void publishersAreBlockedWhileAnAlarmIsOn() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        connection.addBlockedListener(reason -> heard.add(reason), () -> heard.add("unblocked"));
        String queue = queue();
        amqp.broker.alarms().force(true);
        try {
            channel.basicPublish("", queue, null, bytes("x"));
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("low on memory");
        } finally {
            amqp.broker.alarms().force(false);
        }
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("unblocked");
        assertThat(text(awaited(queue).getBody())).isEqualTo("x");
    }

    @Test
    void ccAndBccAreFurtherKeysAndBccIsNotShown() throws Exception {
        String one = queue();
        String two = queue();
        String three = queue();
        channel.basicPublish(
                "",
                one,
                new AMQP.BasicProperties.Builder()
                        .headers(args("CC", List.of(two), "BCC", List.of(three)))
                        .build(),
                bytes("x"));
        assertThat(got(one)).isEqualTo("x");
        assertThat(got(two)).isEqualTo("x");
        GetResponse hidden = channel.basicGet(three, true);
        assertThat(hidden.getProps().getHeaders()).containsOnlyKeys("CC");
        refused(
                "PRECONDITION_FAILED - invalid message:"
                        + " {unacceptable_type_in_header,\"CC\",longstr}",
                () -> {
                    channel.basicPublish(
                            "",
                            one,
                            new AMQP.BasicProperties.Builder().headers(args("CC", "a")).build(),
                            bytes("x"));
                    return null;
                });
    }

    @Test
    void anInternalExchangeIsNotForPublishers() throws Exception {
        channel.exchangeDeclare("inner", "fanout", false, true, true, null);
        refused(
                "ACCESS_REFUSED - cannot publish to internal exchange 'inner' in vhost '/'",
                () -> {
                    channel.basicPublish("inner", "", null, bytes("x"));
                    return null;
                });
        channel.exchangeDelete("inner");
    }

    // Direct reply-to.

    @Test
    void answersComeStraightToTheRequester() throws Exception {
        String requests = queue();
        BlockingQueue<Delivery> answers = consume(channel, "amq.rabbitmq.reply-to", true);
        channel.basicPublish(
                "",
                requests,
                new AMQP.BasicProperties.Builder().replyTo("amq.rabbitmq.reply-to").build(),
                bytes("ask"));
        Channel server = connection.createChannel();
        GetResponse request = server.basicGet(requests, true);
        String address = request.getProps().getReplyTo();
        assertThat(address).startsWith("amq.rabbitmq.reply-to.");
        server.queueDeclarePassive(address);
        server.basicPublish("", address, null, bytes("answer"));
        assertThat(text(next(answers).getBody())).isEqualTo("answer");
        refused(
                "PRECONDITION_FAILED - reply consumer cannot acknowledge",
                () -> consume(channel, "amq.rabbitmq.reply-to", false));
        refused(
                "PRECONDITION_FAILED - fast reply consumer does not exist",
                () -> {
                    channel.basicPublish(
                            "",
                            requests,
                            new AMQP.BasicProperties.Builder()
                                    .replyTo("amq.rabbitmq.reply-to")
                                    .build(),
                            bytes("x"));
                    return null;
                });
    }
}
