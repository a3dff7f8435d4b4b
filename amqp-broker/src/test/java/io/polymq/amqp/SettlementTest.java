package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What becomes of deliveries: tags, prefetch, returns to the queue, transactions. With RabbitMQ's
 * own Java client.
 */
class SettlementTest extends ClientCase {

    @Test
    void unknownTagsAre406AndZeroWithMultipleIsAll() throws Exception {
        refused(
                "PRECONDITION_FAILED - unknown delivery tag 5",
                () -> {
                    channel.basicAck(5, false);
                    return null;
                });
        refused(
                "PRECONDITION_FAILED - unknown delivery tag 0",
                () -> {
                    channel.basicAck(0, false);
                    return null;
                });
        String queue = queue();
        for (int i = 0; i < 3; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
            channel.basicGet(queue, false);
        }
        channel.basicAck(0, true);
        channel.basicRecover();
        assertThat(got(queue)).isEqualTo("nothing");
    }

    @Test
    void aTagAckedTwiceIs406() throws Exception {
        String queue = queue();
        channel.basicPublish("", queue, null, bytes("a"));
        channel.basicGet(queue, false);
        refused(
                "PRECONDITION_FAILED - unknown delivery tag 1",
                () -> {
                    channel.basicPublish("", queue, null, bytes("b"));
                    channel.basicGet(queue, false);
                    channel.basicAck(1, false);
                    channel.basicAck(1, false);
                    return null;
                });
    }

    // 17, 18: prefetch.

    @Test
    void prefetchLimitsAConsumerButNotGetsAndGlobalLimitsTheChannel() throws Exception {
        String queue = queue();
        for (int i = 0; i < 10; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
        }
        channel.basicQos(3);
        BlockingQueue<Delivery> deliveries = consume(channel, queue, false);
        for (int i = 0; i < 3; i++) {
            assertThat(text(next(deliveries).getBody())).isEqualTo("m" + i);
        }
        assertThat(got(queue)).isEqualTo("m3");
        assertThat(deliveries).isEmpty();
        channel.basicAck(1, false);
        assertThat(text(next(deliveries).getBody())).isEqualTo("m4");

        Channel global = connection.createChannel();
        global.basicQos(2, true);
        String one = queue();
        String two = queue();
        BlockingQueue<Delivery> both = new LinkedBlockingQueue<>();
        global.basicConsume(one, false, (tag, delivery) -> both.add(delivery), tag -> {});
        global.basicConsume(two, false, (tag, delivery) -> both.add(delivery), tag -> {});
        for (int i = 0; i < 4; i++) {
            channel.basicPublish("", i % 2 == 0 ? one : two, null, bytes("g" + i));
        }
        Delivery first = next(both);
        next(both);
        assertThat(both.poll(200, TimeUnit.MILLISECONDS)).isNull();
        global.basicAck(first.getEnvelope().getDeliveryTag(), false);
        next(both);
        assertThat(both.poll(100, TimeUnit.MILLISECONDS)).isNull();
    }

    // 19, 20, 21: back to its place.

    @Test
    void whatAChannelHeldComesBackInOrderAndFlagged() throws Exception {
        String queue = queue();
        for (int i = 0; i < 5; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
        }
        Channel other = connection.createChannel();
        for (int i = 0; i < 3; i++) {
            assertThat(other.basicGet(queue, false).getEnvelope().isRedeliver()).isFalse();
        }
        other.close();
        for (int i = 0; i < 5; i++) {
            GetResponse got = channel.basicGet(queue, true);
            assertThat(text(got.getBody())).isEqualTo("m" + i);
            assertThat(got.getEnvelope().isRedeliver()).isEqualTo(i < 3);
        }
    }

    @Test
    void whatGoesBackTogetherReachesAWaitingConsumerInItsOrder() throws Exception {
        String queue = queue();
        for (int i = 0; i < 4; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
        }
        Channel holder = connection.createChannel();
        for (int i = 0; i < 2; i++) {
            holder.basicGet(queue, false);
        }
        holder.basicQos(2);
        BlockingQueue<Delivery> held = consume(holder, queue, false);
        next(held);
        next(held);
        holder.basicReject(1, true);
        holder.basicReject(3, true);
        assertThat(text(next(held).getBody())).isEqualTo("m0");
        // By its gets the channel holds m1, by its consumer m3 and m0.
        BlockingQueue<Delivery> other = consume(channel, queue, true);
        assertThat(text(next(other).getBody())).isEqualTo("m2");
        holder.close();
        for (String expected : List.of("m0", "m1", "m3")) {
            assertThat(text(next(other).getBody())).isEqualTo(expected);
        }
    }

    @Test
    void recoverRequeuesAndNackMultipleDoesToo() throws Exception {
        String queue = queue();
        channel.basicPublish("", queue, null, bytes("a"));
        channel.basicPublish("", queue, null, bytes("b"));
        channel.basicGet(queue, false);
        channel.basicRecover(true);
        GetResponse again = channel.basicGet(queue, false);
        assertThat(text(again.getBody())).isEqualTo("a");
        assertThat(again.getEnvelope().getDeliveryTag()).isEqualTo(2);
        GetResponse second = channel.basicGet(queue, false);
        channel.basicNack(second.getEnvelope().getDeliveryTag(), true, true);
        assertThat(got(queue)).isEqualTo("a");
        assertThat(got(queue)).isEqualTo("b");
    }

    // 26: transactions.

    @Test
    void aTransactionShowsNothingBeforeItsCommitAndRollbackKeepsUnacked() throws Exception {
        String queue = queue();
        channel.basicPublish("", queue, null, bytes("old"));
        Channel tx = connection.createChannel();
        tx.txSelect();
        GetResponse held = tx.basicGet(queue, false);
        tx.basicPublish("", queue, null, bytes("new"));
        tx.basicAck(held.getEnvelope().getDeliveryTag(), false);
        assertThat(got(queue)).isEqualTo("nothing");
        tx.txRollback();
        assertThat(got(queue)).isEqualTo("nothing");
        tx.basicAck(held.getEnvelope().getDeliveryTag(), false);
        tx.basicPublish("", queue, null, bytes("newer"));
        tx.txCommit();
        assertThat(got(queue)).isEqualTo("newer");
        refused(
                "PRECONDITION_FAILED - cannot switch from confirm to tx mode",
                () -> {
                    channel.confirmSelect();
                    return channel.txSelect();
                });
        refused("PRECONDITION_FAILED - channel is not transactional", () -> channel.txCommit());
    }

    @Test
    void aGetTellsHowManyAreLeft() throws Exception {
        String queue = queue();
        for (int i = 0; i < 3; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
        }
        for (int left = 2; left >= 0; left--) {
            assertThat(channel.basicGet(queue, true).getMessageCount()).isEqualTo(left);
        }
        assertThat(channel.basicGet(queue, true)).isNull();
    }

    @Test
    void aGetFindsNothingWhereAConsumerWaits() throws Exception {
        String queue = queue();
        BlockingQueue<Delivery> deliveries = consume(channel, queue, false);
        for (int i = 0; i < 20; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
            assertThat(channel.basicGet(queue, true)).isNull();
            assertThat(text(next(deliveries).getBody())).isEqualTo("m" + i);
        }
    }

    @Test
    void aGlobalLimitHoldsUpConsumersThatDoNotAcknowledgeAsWell() throws Exception {
        channel.basicQos(1, true);
        String counted = queue();
        BlockingQueue<Delivery> first = consume(channel, counted, false);
        channel.basicPublish("", counted, null, bytes("a"));
        Delivery held = next(first);
        String free = queue();
        BlockingQueue<Delivery> second = consume(channel, free, true);
        channel.basicPublish("", free, null, bytes("b"));
        assertThat(second.poll(200, TimeUnit.MILLISECONDS)).isNull();
        channel.basicAck(held.getEnvelope().getDeliveryTag(), false);
        assertThat(text(next(second).getBody())).isEqualTo("b");
    }
}
