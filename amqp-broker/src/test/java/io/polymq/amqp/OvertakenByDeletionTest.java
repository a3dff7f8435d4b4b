package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.MessageProperties;
import io.polymq.amqp.model.AmqpQueue;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * A deletion that comes between the routing of a publish and its writing: the publisher hears what
 * it would hear a little later, when the queue is not there.
 */
final class OvertakenByDeletionTest extends ClientCase {

    /** A publish is routed while the deletion waits for the zone, which is held. */
    private void overtake(String exchange, String key, AmqpQueue queue, Channel by)
            throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        queue.queue().execute(() -> await(released));
        CompletableFuture<Void> deleted = amqp.deleteBehind(queue);
        by.basicPublish(exchange, key, MessageProperties.PERSISTENT_BASIC, bytes("late"));
        released.countDown();
        deleted.join();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static AmqpQueue find(String name) {
        return Objects.requireNonNull(host().queues().find(name));
    }

    @Test
    void aPublishToTheQueueItselfIsConfirmed() throws Exception {
        channel.queueDeclare("overtaken", true, false, false, null);
        channel.confirmSelect();
        overtake("", "overtaken", find("overtaken"), channel);
        assertThat(channel.waitForConfirms(10_000)).isTrue();
        channel.queueDelete("overtaken");
    }

    @Test
    void theOtherQueuesOfAnExchangeGetThePublishAndItIsConfirmed() throws Exception {
        channel.exchangeDeclare("many", BuiltinExchangeType.FANOUT);
        for (String name : new String[] {"stays", "goes"}) {
            channel.queueDeclare(name, true, false, false, null);
            channel.queueBind(name, "many", "");
        }
        channel.confirmSelect();
        overtake("many", "", find("goes"), channel);
        assertThat(channel.waitForConfirms(10_000)).isTrue();
        assertThat(text(channel.basicGet("stays", true).getBody())).isEqualTo("late");
        channel.queueDelete("goes");
        channel.queueDelete("stays");
        channel.exchangeDelete("many");
    }

    @Test
    void aTransactionIsCommitted() throws Exception {
        channel.queueDeclare("overtaken", true, false, false, null);
        AmqpQueue queue = find("overtaken");
        channel.txSelect();
        channel.basicPublish("", "overtaken", MessageProperties.PERSISTENT_BASIC, bytes("late"));
        amqp.deleteBehind(queue).join();
        channel.txCommit();
        channel.queueDelete("overtaken");
    }

    @Test
    void aDeadLetterIsDone() throws Exception {
        channel.queueDeclare("grave", true, false, false, null);
        String dying = queue("x-dead-letter-exchange", "", "x-dead-letter-routing-key", "grave");
        channel.confirmSelect();
        amqp.deleteBehind(find("grave")).join();
        channel.basicPublish("", dying, MessageProperties.PERSISTENT_BASIC, bytes("dead"));
        channel.waitForConfirmsOrDie(10_000);
        channel.basicReject(channel.basicGet(dying, false).getEnvelope().getDeliveryTag(), false);
        AmqpQueue queue = find(dying);
        long until = System.nanoTime() + 10_000_000_000L;
        long given = queue.statistics().join().deadLettered();
        while (given == 0 && System.nanoTime() < until) {
            given = queue.statistics().join().deadLettered();
        }
        assertThat(given).isEqualTo(1);
        channel.queueDelete("grave");
    }
}
