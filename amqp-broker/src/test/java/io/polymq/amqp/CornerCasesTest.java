package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import com.rabbitmq.client.impl.AMQImpl;
import io.polymq.conformance.TestSecurity;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Corner cases of 0-9-1, by their numbers in the list of what brokers get wrong, as far as no other
 * test has them. With RabbitMQ's own Java client.
 */
class CornerCasesTest extends ClientCase {

    @Test
    void case15TagsAreSharedByGetsAndDeliveriesAndNotUsedAgain() throws Exception {
        String queue = queue();
        for (int i = 0; i < 2; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
        }
        assertThat(channel.basicGet(queue, false).getEnvelope().getDeliveryTag()).isEqualTo(1);
        BlockingQueue<Delivery> deliveries = consume(channel, queue, false);
        assertThat(next(deliveries).getEnvelope().getDeliveryTag()).isEqualTo(2);
        channel.basicRecover(true);
        assertThat(next(deliveries).getEnvelope().getDeliveryTag()).isEqualTo(3);
        assertThat(next(deliveries).getEnvelope().getDeliveryTag()).isEqualTo(4);
    }

    @Test
    void case16OnlyTheChannelThatDeliveredIsAnsweredAndNotWithoutNeed() throws Exception {
        String queue = queue();
        channel.basicPublish("", queue, null, bytes("a"));
        GetResponse got = channel.basicGet(queue, false);
        refused(
                "PRECONDITION_FAILED - unknown delivery tag 1",
                () -> {
                    channel.basicAck(got.getEnvelope().getDeliveryTag(), false);
                    return null;
                });
        channel.basicAck(got.getEnvelope().getDeliveryTag(), false);
        refused(
                "PRECONDITION_FAILED - unknown delivery tag 1",
                () -> {
                    channel.basicPublish("", queue, null, bytes("b"));
                    BlockingQueue<Delivery> automatic = consume(channel, queue, true);
                    channel.basicAck(next(automatic).getEnvelope().getDeliveryTag(), false);
                    return null;
                });
    }

    @Test
    void case17QosIsForLaterConsumersAndZeroIsNoLimitAndASizeIs540() throws Exception {
        String queue = queue();
        channel.basicQos(0);
        BlockingQueue<Delivery> first = consume(channel, queue, false);
        channel.basicQos(1);
        for (int i = 0; i < 20; i++) {
            channel.basicPublish("", queue, null, bytes("m" + i));
        }
        for (int i = 0; i < 20; i++) {
            assertThat(text(next(first).getBody())).isEqualTo("m" + i);
        }
        assertThat(closing(on -> on.basicQos(10, 0, false))).isEqualTo(540);
    }

    @Test
    void case20OnlyWhatWasDeliveredBeforeIsRedelivered() throws Exception {
        String queue = "case20";
        channel.queueDeclare(queue, false, false, false, null);
        channel.basicPublish("", queue, null, bytes("a"));
        Connection gone = amqp.connect();
        Channel dying = gone.createChannel();
        BlockingQueue<Delivery> unseen = consume(dying, queue, false);
        assertThat(next(unseen).getEnvelope().isRedeliver()).isFalse();
        gone.abort();
        channel.basicPublish("", queue, null, bytes("b"));
        GetResponse first = awaited(queue);
        assertThat(text(first.getBody())).isEqualTo("a");
        assertThat(first.getEnvelope().isRedeliver()).isTrue();
        GetResponse second = awaited(queue);
        assertThat(text(second.getBody())).isEqualTo("b");
        assertThat(second.getEnvelope().isRedeliver()).isFalse();
        channel.queueDelete(queue);
    }

    @Test
    void case21RecoverIsForTheOwnChannelAndWithoutRequeueItIs540() throws Exception {
        String queue = queue();
        channel.basicPublish("", queue, null, bytes("a"));
        Channel holder = connection.createChannel();
        assertThat(holder.basicGet(queue, false)).isNotNull();
        channel.basicRecover(true);
        assertThat(got(queue)).isEqualTo("nothing");
        holder.basicRecover(true);
        assertThat(text(awaited(queue).getBody())).isEqualTo("a");
        assertThat(closing(on -> on.basicRecover(false))).isEqualTo(540);
    }

    @Test
    void case23ImmediateIs540() throws Exception {
        assertThat(closing(on -> on.basicPublish("", "q", false, true, null, bytes("now"))))
                .isEqualTo(540);
    }

    @Test
    void case24EveryPublishIsConfirmedOnceWhateverBecomesOfIt() throws Exception {
        String full = queue("x-max-length", 1, "x-overflow", "reject-publish");
        channel.basicPublish("", full, null, bytes("before"));
        ConcurrentLinkedQueue<Long> acked = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Long> nacked = new ConcurrentLinkedQueue<>();
        long[] next = {1};
        CompletableFuture<Void> all = new CompletableFuture<>();
        channel.confirmSelect();
        channel.addConfirmListener(
                (tag, multiple) -> told(acked, next, tag, multiple, all),
                (tag, multiple) -> told(nacked, next, tag, multiple, all));
        for (int i = 0; i < 9; i++) {
            String key = i % 3 == 0 ? full : i % 3 == 1 ? "nowhere" : queue();
            channel.basicPublish("", key, null, bytes("m" + i));
        }
        all.get(10, TimeUnit.SECONDS);
        assertThat(nacked).containsExactly(1L, 4L, 7L);
        assertThat(acked).containsExactlyInAnyOrder(2L, 3L, 5L, 6L, 8L, 9L);
    }

    private static void told(
            ConcurrentLinkedQueue<Long> into,
            long[] next,
            long tag,
            boolean multiple,
            CompletableFuture<Void> all) {
        for (long one = multiple ? next[0] : tag; one <= tag; one++) {
            into.add(one);
        }
        next[0] = tag + 1;
        if (tag == 9) {
            all.complete(null);
        }
    }

    @Test
    void case24ConfirmsAndTransactionsExcludeEachOther() throws Exception {
        refused(
                "PRECONDITION_FAILED - cannot switch from tx to confirm mode",
                () -> {
                    channel.txSelect();
                    return channel.confirmSelect();
                });
        refused(
                "PRECONDITION_FAILED - cannot switch from confirm to tx mode",
                () -> {
                    channel.confirmSelect();
                    return channel.txSelect();
                });
    }

    @Test
    void case25AMessageForSeveralQueuesIsConfirmedWhenAllHaveIt() throws Exception {
        channel.exchangeDeclare("case25", "fanout", false, true, null);
        for (String type : List.of("classic", "quorum")) {
            channel.queueDeclare("case25-" + type, true, false, false, args("x-queue-type", type));
            channel.queueBind("case25-" + type, "case25", "");
        }
        channel.confirmSelect();
        channel.basicPublish("case25", "", null, bytes("both"));
        channel.waitForConfirmsOrDie(10_000);
        for (String type : List.of("classic", "quorum")) {
            assertThat(got("case25-" + type)).isEqualTo("both");
            channel.queueDelete("case25-" + type);
        }
    }

    @Test
    void case26CommitWithoutSelectIs406AndReturnsComeBeforeCommitOk() throws Exception {
        refused("PRECONDITION_FAILED - channel is not transactional", () -> channel.txCommit());
        List<String> heard = new java.util.concurrent.CopyOnWriteArrayList<>();
        channel.addReturnListener(returned -> heard.add(text(returned.getBody())));
        channel.txSelect();
        channel.basicPublish("", "nowhere", true, null, bytes("back"));
        channel.basicQos(0);
        assertThat(heard).isEmpty();
        channel.txCommit();
        assertThat(heard).containsExactly("back");
    }

    @Test
    void case29APassiveDeclareLooksAtNothingElseAndCountsWhatIsReady() throws Exception {
        String queue = queue("x-max-length", 9);
        channel.basicPublish("", queue, null, bytes("a"));
        channel.basicPublish("", queue, null, bytes("b"));
        channel.basicGet(queue, false);
        assertThat(channel.queueDeclarePassive(queue).getMessageCount()).isEqualTo(1);
        AMQImpl.Queue.Declare unlike =
                new AMQImpl.Queue.Declare(
                        0, queue, true, true, true, true, false, args("x-max-length", 1));
        AMQP.Queue.DeclareOk ok = (AMQP.Queue.DeclareOk) channel.rpc(unlike).getMethod();
        assertThat(ok.getQueue()).isEqualTo(queue);
        refused(
                "NOT_FOUND - no queue 'missing' in vhost '/'",
                () -> channel.queueDeclarePassive("missing"));
    }

    @Test
    void case36AConsumerTagIsUsedOnceAndAnUnknownOneIsCancelled() throws Exception {
        String queue = queue();
        String own = channel.basicConsume(queue, true, (tag, delivery) -> {}, tag -> {});
        assertThat(own).startsWith("amq.ctag-");
        AMQP.Basic.CancelOk ok =
                (AMQP.Basic.CancelOk)
                        channel.rpc(new AMQImpl.Basic.Cancel("unknown", false)).getMethod();
        assertThat(ok.getConsumerTag()).isEqualTo("unknown");
        assertThat(
                        closing(
                                on -> {
                                    String mine = on.queueDeclare().getQueue();
                                    for (int i = 0; i < 2; i++) {
                                        on.basicConsume(mine, true, "same", (t, d) -> {}, t -> {});
                                    }
                                }))
                .isEqualTo(530);
    }

    @Test
    void case37AConsumerCannotBeAloneAmongOthers() throws Exception {
        String queue = queue();
        channel.basicConsume(queue, true, (tag, delivery) -> {}, tag -> {});
        refused(
                "ACCESS_REFUSED - queue '" + queue + "' in vhost '/' in exclusive use",
                () -> channel.basicConsume(queue, true, "alone", false, true, null, none()));
    }

    private com.rabbitmq.client.Consumer none() {
        return new com.rabbitmq.client.DefaultConsumer(channel);
    }

    @Test
    void case38ABadPasswordIs403WhereTheClientAskedToBeTold() throws Exception {
        try (TestAmqp guarded =
                new TestAmqp(
                        TestAmqp.SETTINGS,
                        new TestSecurity(Map.of("ann", "secret"), (action, name) -> true))) {
            ConnectionFactory factory = guarded.clients();
            factory.setUsername("ann");
            factory.setPassword("guess");
            Throwable refused = catching(factory::newConnection);
            assertThat(refused)
                    .isInstanceOf(com.rabbitmq.client.AuthenticationFailureException.class)
                    .hasMessageContaining("ACCESS_REFUSED - Login was refused");
            factory.setPassword("secret");
            factory.newConnection().close();
        }
    }

    @Test
    void case40AClientThatStopsTheFlowIs540() throws Exception {
        assertThat(closing(on -> on.rpc(new AMQImpl.Channel.Flow(false)))).isEqualTo(540);
    }

    @Test
    void case43TheLengthCountsReadyMessagesAndTheBytesCountBodies() throws Exception {
        String queue = queue("x-max-length", 2);
        channel.basicPublish("", queue, null, bytes("held"));
        channel.basicGet(queue, false);
        channel.basicPublish("", queue, null, bytes("a"));
        channel.basicPublish("", queue, null, bytes("b"));
        assertThat(channel.messageCount(queue)).isEqualTo(2);
        channel.basicPublish("", queue, null, bytes("c"));
        assertThat(got(queue)).isEqualTo("b");
        String small = queue("x-max-length-bytes", 10);
        AMQP.BasicProperties large =
                new AMQP.BasicProperties.Builder().headers(args("h", "x".repeat(1000))).build();
        channel.basicPublish("", small, large, bytes("12345"));
        channel.basicPublish("", small, large, bytes("67890"));
        assertThat(channel.messageCount(small)).isEqualTo(2);
        channel.basicPublish("", small, large, bytes("+"));
        assertThat(got(small)).isEqualTo("67890");
    }

    private interface Wrong {
        void on(Channel channel) throws Exception;
    }

    /** The code with which the connection is closed. */
    private static int closing(Wrong action) throws Exception {
        Connection own = amqp.connect();
        CompletableFuture<Integer> code = new CompletableFuture<>();
        own.addShutdownListener(
                cause -> {
                    if (cause.getReason() instanceof AMQP.Connection.Close close) {
                        code.complete(close.getReplyCode());
                    }
                });
        try {
            action.on(own.createChannel());
        } catch (IOException | ShutdownSignalException closed) {
            // told below
        }
        return code.get(10, TimeUnit.SECONDS);
    }

    private static Throwable catching(java.util.concurrent.Callable<?> action) {
        try {
            action.call();
        } catch (Exception refused) {
            return refused;
        }
        throw new AssertionError("not refused");
    }
}
