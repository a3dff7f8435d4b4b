package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Connection;
import io.polymq.amqp.model.Policy;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Queues: whose they are, how long they live, what declarations may say; policies. With RabbitMQ's
 * own Java client.
 */
class QueueDeclareTest extends ClientCase {

    // 27, 28, 29, 30: queues.

    @Test
    void anExclusiveQueueIsLockedForOthersAndGoesWithItsConnection() throws Exception {
        Connection owner = amqp.connect();
        owner.createChannel().queueDeclare("mine", false, true, false, null);
        String locked =
                "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'mine' in vhost"
                        + " '/'. It could be originally declared on another connection or the"
                        + " exclusive property value does not match that of the original"
                        + " declaration.";
        refused(locked, () -> channel.queueDeclarePassive("mine"));
        refused(locked, () -> channel.basicGet("mine", true));
        refused(locked, () -> channel.queueDelete("mine"));
        refused(locked, () -> channel.queuePurge("mine"));
        owner.close();
        refused(
                "NOT_FOUND - no queue 'mine' in vhost '/'",
                () -> channel.queueDeclarePassive("mine"));
    }

    @Test
    void anAutoDeleteQueueGoesAfterItsLastConsumer() throws Exception {
        channel.queueDeclare("auto", false, false, true, null);
        String tag = channel.basicConsume("auto", true, (t, d) -> {}, t -> {});
        channel.queueDeclarePassive("auto");
        channel.basicCancel(tag);
        refused(
                "NOT_FOUND - no queue 'auto' in vhost '/'",
                () -> channel.queueDeclarePassive("auto"));
    }

    @Test
    void redeclaringDifferentlyIs406WithBothValues() throws Exception {
        channel.queueDeclare("same", false, false, false, args("x-message-ttl", 1000));
        channel.queueDeclare("same", false, false, false, args("x-message-ttl", 1000L));
        refused(
                "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'same' in vhost '/':"
                        + " received 'true' but current is 'false'",
                () -> channel.queueDeclare("same", true, false, false, null));
        refused(
                "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'same' in vhost"
                        + " '/': received '5' but current is '1000'",
                () -> channel.queueDeclare("same", false, false, false, args("x-message-ttl", 5)));
        refused(
                "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'same' in vhost"
                        + " '/': received none but current is the value '1000' of type"
                        + " 'signedint'",
                () -> channel.queueDeclare("same", false, false, false, null));
        channel.queueDelete("same");
    }

    @Test
    void badArgumentsAreRefusedInRabbitMqsWords() throws Exception {
        String of = "PRECONDITION_FAILED - invalid arg '";
        String to = "' for queue 'bad' in vhost '/': ";
        Object[][] cases = {
            {"x-message-ttl", -1, "{value_negative,-1}"},
            {"x-message-ttl", "a", "\"expected integer, got longstr\""},
            {"x-expires", 0, "{value_zero,0}"},
            {"x-max-priority", 256, "{max_value_exceeded,256}"},
            {"x-max-priority", -1, "{value_negative,-1}"},
            {"x-overflow", "foo", "invalid_overflow"},
            {"x-max-length", -1, "{value_negative,-1}"},
            {"x-dead-letter-routing-key", "k", "routing_key_but_no_dlx_defined"},
            {"x-queue-type", "foo", "\"unsupported queue type 'foo'\""},
            {"x-single-active-consumer", "x", "{unacceptable_type,longstr}"},
            {"x-queue-mode", "foo", "\"unsupported queue mode 'foo'\""},
        };
        for (Object[] one : cases) {
            refused(
                    of + one[0] + to + one[2],
                    () -> channel.queueDeclare("bad", false, false, false, args(one[0], one[1])));
        }
        refused(
                "PRECONDITION_FAILED - invalid property 'non-durable' for queue 'bad' in vhost '/'",
                () ->
                        channel.queueDeclare(
                                "bad", false, false, false, args("x-queue-type", "quorum")));
        refused(
                "PRECONDITION_FAILED - invalid arg 'x-max-priority' for queue 'bad' in vhost '/' of"
                        + " queue type rabbit_quorum_queue",
                () ->
                        channel.queueDeclare(
                                "bad",
                                true,
                                false,
                                false,
                                args("x-queue-type", "quorum", "x-max-priority", 5)));
    }

    // 31, 32, 33, 34: names.

    @Test
    void anEmptyNameMeansTheLastDeclaredQueue() throws Exception {
        refused("NOT_FOUND - no previously declared queue", () -> channel.basicGet("", true));
        String queue = channel.queueDeclare().getQueue();
        assertThat(queue).startsWith("amq.gen-");
        channel.queueBind("", "amq.direct", "some");
        channel.basicPublish("amq.direct", "some", null, bytes("x"));
        assertThat(got("")).isEqualTo("x");
    }

    @Test
    void reservedNamesAndTheDefaultExchangeAre403() throws Exception {
        refused(
                "ACCESS_REFUSED - queue name 'amq.foo' contains reserved prefix 'amq.*'",
                () -> channel.queueDeclare("amq.foo", false, false, false, null));
        refused(
                "ACCESS_REFUSED - exchange name 'amq.foo' contains reserved prefix 'amq.*'",
                () -> channel.exchangeDeclare("amq.foo", "direct"));
        channel.exchangeDeclare("amq.direct", "direct", true);
        String none = "ACCESS_REFUSED - operation not permitted on the default exchange";
        String queue = queue();
        refused(none, () -> channel.queueBind(queue, "", "x"));
        refused(none, () -> channel.queueUnbind(queue, "", queue));
        refused(none, () -> channel.exchangeDelete(""));
        refused(
                "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not"
                        + " allowed",
                () -> channel.exchangeDelete("amq.direct"));
    }

    @Test
    void deletingWhatIsNotThereSucceedsAndConditionsAreHeeded() throws Exception {
        channel.queueDelete("missing");
        channel.exchangeDelete("missing");
        String queue = queue();
        channel.queueUnbind(queue, "amq.direct", "never");
        channel.basicPublish("", queue, null, bytes("x"));
        refused(
                "PRECONDITION_FAILED - queue '" + queue + "' in vhost '/' not empty",
                () -> channel.queueDelete(queue, false, true));
        consume(connection.createChannel(), queue, true);
        refused(
                "PRECONDITION_FAILED - queue '" + queue + "' in vhost '/' in use",
                () -> channel.queueDelete(queue, true, false));
    }

    @Test
    void anUnusedQueueExpires() throws Exception {
        channel.queueDeclare("short", false, false, false, args("x-expires", 100));
        long until = System.nanoTime() + 10_000_000_000L;
        while (host().queues().find("short") != null && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(host().queues().find("short")).isNull();
    }

    // Policies.

    @Test
    void policiesApplyByPatternAndOperatorsBoundThem() throws Exception {
        channel.queueDeclare("pol-q", false, false, false, args("x-max-length", 10));
        host().policies()
                .put(
                        Policy.of("p", "^pol-", Policy.ApplyTo.QUEUES, 1, Map.of("max-length", 5L)),
                        false)
                .join();
        assertThat(host().queues().require("pol-q").settings().maxLength()).isEqualTo(5);
        host().policies()
                .put(
                        Policy.of("o", "^pol-", Policy.ApplyTo.QUEUES, 1, Map.of("max-length", 2L)),
                        true)
                .join();
        for (int i = 0; i < 4; i++) {
            channel.basicPublish("", "pol-q", null, bytes("m" + i));
        }
        assertThat(got("pol-q")).isEqualTo("m2");
        host().policies().delete("p", false).join();
        host().policies().delete("o", true).join();
        assertThat(host().queues().require("pol-q").settings().maxLength()).isEqualTo(10);
        channel.queueDelete("pol-q");
    }
}
