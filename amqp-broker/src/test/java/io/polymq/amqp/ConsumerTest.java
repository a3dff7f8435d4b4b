package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who gets deliveries, and how consumers end. With RabbitMQ's own Java client. */
class ConsumerTest extends ClientCase {

    // 36, 37: consumers.

    @Test
    void exclusiveConsumersKeepOthersAway() throws Exception {
        String queue = queue();
        channel.basicConsume(queue, true, "one", false, true, null, new NoConsumer(channel));
        String text = "ACCESS_REFUSED - queue '" + queue + "' in vhost '/' in exclusive use";
        refused(text, () -> channel.basicConsume(queue, true, (t, d) -> {}, t -> {}));
        channel.basicCancel("one");
        channel.basicConsume(queue, true, (t, d) -> {}, t -> {});
        refused(
                text,
                () ->
                        channel.basicConsume(
                                queue, true, "two", false, true, null, new NoConsumer(channel)));
    }

    private static final class NoConsumer extends com.rabbitmq.client.DefaultConsumer {
        NoConsumer(Channel channel) {
            super(channel);
        }
    }

    @Test
    void consumersHearThatTheirQueueIsGone() throws Exception {
        channel.queueDeclare("going", false, false, false, null);
        BlockingQueue<String> cancelled = new LinkedBlockingQueue<>();
        channel.basicConsume("going", true, (t, d) -> {}, cancelled::add);
        Channel other = connection.createChannel();
        other.queueDelete("going");
        assertThat(cancelled.poll(10, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void aHigherPriorityConsumerIsServedFirstAndASingleActiveOneAlone() throws Exception {
        String queue = queue();
        BlockingQueue<Delivery> low = new LinkedBlockingQueue<>();
        BlockingQueue<Delivery> high = new LinkedBlockingQueue<>();
        channel.basicConsume(queue, true, args("x-priority", 1), (t, d) -> low.add(d), t -> {});
        channel.basicConsume(queue, true, args("x-priority", 9), (t, d) -> high.add(d), t -> {});
        for (int i = 0; i < 5; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
        }
        for (int i = 0; i < 5; i++) {
            next(high);
        }
        assertThat(low).isEmpty();

        String single = queue("x-single-active-consumer", true);
        BlockingQueue<Delivery> first = new LinkedBlockingQueue<>();
        BlockingQueue<Delivery> second = new LinkedBlockingQueue<>();
        String tag = channel.basicConsume(single, true, (t, d) -> first.add(d), t -> {});
        channel.basicConsume(single, true, (t, d) -> second.add(d), t -> {});
        channel.basicPublish("", single, null, bytes("a"));
        next(first);
        channel.basicCancel(tag);
        channel.basicPublish("", single, null, bytes("b"));
        assertThat(text(next(second).getBody())).isEqualTo("b");
    }

    @Test
    void aConsumerThatNeverAcknowledgesLosesItsChannel() throws Exception {
        String queue = queue("x-consumer-timeout", 100);
        Channel slow = connection.createChannel();
        BlockingQueue<ShutdownSignalException> ended = new LinkedBlockingQueue<>();
        slow.addShutdownListener(ended::add);
        consume(slow, queue, false);
        channel.basicPublish("", queue, null, bytes("x"));
        ShutdownSignalException end = ended.poll(10, TimeUnit.SECONDS);
        assertThat(end).isNotNull();
        assertThat(((AMQP.Channel.Close) end.getReason()).getReplyText())
                .startsWith(
                        "PRECONDITION_FAILED - delivery acknowledgement on channel "
                                + slow.getChannelNumber()
                                + " timed out. Timeout value used: 100 ms.");
    }

    @Test
    void whatWasPublishedBeforeACancelIsTheConsumers() throws Exception {
        String queue = queue();
        BlockingQueue<Delivery> high = new LinkedBlockingQueue<>();
        BlockingQueue<Delivery> low = new LinkedBlockingQueue<>();
        String tag =
                channel.basicConsume(
                        queue, true, args("x-priority", 1), (t, d) -> high.add(d), t -> {});
        channel.basicConsume(queue, true, args("x-priority", -1), (t, d) -> low.add(d), t -> {});
        for (int i = 0; i < 10; i++) {
            channel.basicPublish("", queue, null, bytes("high"));
        }
        channel.basicCancel(tag);
        channel.basicPublish("", queue, null, bytes("low"));
        assertThat(text(next(low).getBody())).isEqualTo("low");
        assertThat(high).hasSize(10);
        assertThat(low).isEmpty();
    }

    @Test
    void aPriorityMustBeANumber() throws Exception {
        String queue = queue();
        for (Object wrong : new Object[] {"high", null, List.of(1)}) {
            refusedAsPrecondition(
                    () ->
                            channel.basicConsume(
                                    queue, true, args("x-priority", wrong), (t, d) -> {}, t -> {}));
        }
    }
}
