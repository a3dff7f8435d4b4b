package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.Return;
import com.rabbitmq.client.ShutdownSignalException;
import io.polymq.amqp.model.Policy;
import io.polymq.amqp.model.VirtualHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What teams that come from RabbitMQ rely on, one case each, with its own Java client. */
class FeatureTest {

    private static TestAmqp amqp;
    private Connection connection;
    private Channel channel;

    @BeforeAll
    static void start() {
        amqp = TestAmqp.open();
    }

    @AfterAll
    static void stop() throws Exception {
        amqp.close();
    }

    @BeforeEach
    void connect() throws Exception {
        connection = amqp.connect();
        channel = connection.createChannel();
    }

    @AfterEach
    void disconnect() {
        connection.abort();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static VirtualHost host() {
        VirtualHost host = amqp.broker.hosts().find("/");
        assertThat(host).isNotNull();
        return host;
    }

    private static Map<String, Object> args(Object... pairs) {
        Map<String, Object> map = new java.util.HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    private String queue(Object... arguments) throws IOException {
        return channel.queueDeclare("", false, true, false, args(arguments)).getQueue();
    }

    private String got(String queue) throws IOException {
        GetResponse got = channel.basicGet(queue, true);
        return got == null ? "nothing" : text(got.getBody());
    }

    private GetResponse awaited(String queue) throws Exception {
        long until = System.nanoTime() + 10_000_000_000L;
        while (System.nanoTime() < until) {
            GetResponse got = channel.basicGet(queue, true);
            if (got != null) {
                return got;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("nothing came into " + queue);
    }

    private BlockingQueue<Delivery> consume(Channel on, String queue, boolean auto)
            throws IOException {
        BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
        on.basicConsume(queue, auto, (tag, delivery) -> deliveries.add(delivery), tag -> {});
        return deliveries;
    }

    private static Delivery next(BlockingQueue<Delivery> deliveries) throws InterruptedException {
        Delivery delivery = deliveries.poll(10, TimeUnit.SECONDS);
        assertThat(delivery).isNotNull();
        return delivery;
    }

    /** The channel is closed with this text. */
    private void refused(String expected, Callable<?> action) throws Exception {
        Channel on = connection.createChannel();
        Channel before = channel;
        channel = on;
        try {
            action.call();
            on.basicQos(0);
            throw new AssertionError("not refused: " + expected);
        } catch (IOException | AlreadyClosedException e) {
            Throwable cause = e instanceof IOException ? e.getCause() : e;
            AMQP.Channel.Close close =
                    (AMQP.Channel.Close) ((ShutdownSignalException) cause).getReason();
            assertThat(close.getReplyText()).isEqualTo(expected);
        } finally {
            channel = before;
        }
    }

    // 14, 15, 16: tags.

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
    void anAutoDeleteExchangeGoesAfterItsLastBinding() throws Exception {
        channel.exchangeDeclare("auto-x", "fanout", false, true, null);
        String queue = queue();
        channel.queueBind(queue, "auto-x", "");
        channel.exchangeDeclarePassive("auto-x");
        channel.queueUnbind(queue, "auto-x", "");
        refused(
                "NOT_FOUND - no exchange 'auto-x' in vhost '/'",
                () -> channel.exchangeDeclarePassive("auto-x"));
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

    // 35: headers and topics.

    @Test
    void headersExchangesKnowFourWaysToMatch() throws Exception {
        channel.exchangeDeclare("h", "headers", false, true, null);
        Map<String, String> queues = new java.util.HashMap<>();
        for (String how : List.of("all", "any", "all-with-x", "any-with-x")) {
            String queue = queue();
            queues.put(how, queue);
            channel.queueBind(queue, "h", "", args("x-match", how, "a", 1, "x-b", "2"));
        }
        publishWith("h", args("a", 1L));
        assertThat(got(queues.get("all"))).isEqualTo("m");
        assertThat(got(queues.get("any"))).isEqualTo("m");
        assertThat(got(queues.get("all-with-x"))).isEqualTo("nothing");
        assertThat(got(queues.get("any-with-x"))).isEqualTo("m");
        publishWith("h", args("x-b", "2"));
        assertThat(got(queues.get("all"))).isEqualTo("nothing");
        assertThat(got(queues.get("any"))).isEqualTo("nothing");
        assertThat(got(queues.get("any-with-x"))).isEqualTo("m");
        refused(
                "PRECONDITION_FAILED - Invalid x-match field value <<\"foo\">>; expected all, any,"
                        + " all-with-x, or any-with-x",
                () -> channel.queueBind(queues.get("all"), "h", "", args("x-match", "foo")));
    }

    private void publishWith(String exchange, Map<String, Object> headers) throws IOException {
        channel.basicPublish(
                exchange,
                "",
                new AMQP.BasicProperties.Builder().headers(headers).build(),
                bytes("m"));
    }

    @Test
    void aBindingWithoutArgumentsMatchesEverythingForAllAndNothingForAny() throws Exception {
        channel.exchangeDeclare("h2", "headers", false, true, null);
        String all = queue();
        String any = queue();
        channel.queueBind(all, "h2", "");
        channel.queueBind(any, "h2", "", args("x-match", "any"));
        publishWith("h2", args("z", 1));
        assertThat(got(all)).isEqualTo("m");
        assertThat(got(any)).isEqualTo("nothing");
    }

    @Test
    void topicWildcardsMatchWordsEmptyOnesToo() throws Exception {
        channel.exchangeDeclare("t", "topic");
        String[][] cases = {
            {"#", "", "yes"},
            {"#", "a.b", "yes"},
            {"*", "", "no"},
            {"*", "a", "yes"},
            {"a.#.b", "a.b", "yes"},
            {"a.#.b", "a.x.y.b", "yes"},
            {"a.*", "a.", "yes"},
            {"*.*", ".", "yes"},
            {"a.*", "a", "no"},
            {"#.#", "a", "yes"},
        };
        for (String[] one : cases) {
            String queue = queue();
            channel.queueBind(queue, "t", one[0]);
            channel.basicPublish("t", one[1], null, bytes("yes"));
            assertThat(got(queue))
                    .as("%s against %s", one[1], one[0])
                    .isEqualTo(one[2].equals("yes") ? "yes" : "nothing");
            channel.queueDelete(queue);
        }
    }

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
    void anUnusedQueueExpires() throws Exception {
        channel.queueDeclare("short", false, false, false, args("x-expires", 100));
        long until = System.nanoTime() + 10_000_000_000L;
        while (host().queues().find("short") != null && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(host().queues().find("short")).isNull();
    }

    // Other exchanges.

    @Test
    void alternateExchangesTakeWhatNobodyWants() throws Exception {
        channel.exchangeDeclare("alt", "fanout", false, true, null);
        channel.exchangeDeclare("main", "direct", false, false, args("alternate-exchange", "alt"));
        String wanted = queue();
        String rest = queue();
        channel.queueBind(wanted, "main", "w");
        channel.queueBind(rest, "alt", "");
        channel.basicPublish("main", "w", null, bytes("a"));
        channel.basicPublish("main", "z", true, null, bytes("b"));
        assertThat(got(wanted)).isEqualTo("a");
        assertThat(got(rest)).isEqualTo("b");
        assertThat(got(rest)).isEqualTo("nothing");
        channel.exchangeDelete("main");
    }

    @Test
    void exchangesBoundToExchangesRouteOnAndCyclesEnd() throws Exception {
        channel.exchangeDeclare("e-a", "fanout", false, true, null);
        channel.exchangeDeclare("e-b", "topic", false, true, null);
        channel.exchangeBind("e-b", "e-a", "");
        channel.exchangeBind("e-a", "e-b", "#");
        String queue = queue();
        channel.queueBind(queue, "e-b", "k.*");
        channel.queueBind(queue, "e-a", "");
        channel.basicPublish("e-a", "k.1", null, bytes("x"));
        assertThat(got(queue)).isEqualTo("x");
        assertThat(got(queue)).isEqualTo("nothing");
        channel.exchangeUnbind("e-a", "e-b", "#");
        channel.exchangeUnbind("e-b", "e-a", "");
    }

    @Test
    void aConsistentHashExchangeSpreadsByWeightAndKeepsAKeyTogether() throws Exception {
        channel.exchangeDeclare("hash", "x-consistent-hash", false, true, null);
        String one = queue();
        String two = queue();
        channel.queueBind(one, "hash", "1");
        channel.queueBind(two, "hash", "3");
        for (int i = 0; i < 400; i++) {
            channel.basicPublish("hash", "key" + i % 100, null, bytes("x"));
        }
        channel.basicGet("", true);
        long first = channel.messageCount(one);
        long second = channel.messageCount(two);
        assertThat(first + second).isEqualTo(399);
        assertThat(second).isGreaterThan(first);
        assertThat(first).isPositive();
        refused(
                "PRECONDITION_FAILED - The binding key must be an integer: <<\"foo\">>",
                () -> channel.queueBind(one, "hash", "foo"));
    }

    @Test
    void aDelayedMessageComesLater() throws Exception {
        channel.exchangeDeclare(
                "later", "x-delayed-message", false, false, args("x-delayed-type", "direct"));
        String queue = queue();
        channel.queueBind(queue, "later", "k");
        channel.confirmSelect();
        channel.basicPublish(
                "later",
                "k",
                new AMQP.BasicProperties.Builder().headers(args("x-delay", 100)).build(),
                bytes("late"));
        channel.basicPublish("later", "k", null, bytes("now"));
        assertThat(channel.waitForConfirms(10_000)).isTrue();
        assertThat(got(queue)).isEqualTo("now");
        GetResponse late = awaited(queue);
        assertThat(text(late.getBody())).isEqualTo("late");
        assertThat(late.getEnvelope().getExchange()).isEqualTo("later");
        assertThat(late.getProps().getHeaders()).containsEntry("x-delay", -100L);
        channel.exchangeDelete("later");
    }

    @Test
    void recentHistoryIsGivenToNewQueues() throws Exception {
        channel.exchangeDeclare(
                "recent", "x-recent-history", false, false, args("x-recent-history-length", 2));
        for (int i = 0; i < 3; i++) {
            channel.basicPublish("recent", "k", null, bytes("r" + i));
        }
        String queue = queue();
        channel.queueBind(queue, "recent", "");
        assertThat(got(queue)).isEqualTo("r1");
        assertThat(got(queue)).isEqualTo("r2");
        channel.exchangeDelete("recent");
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
