package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import io.polymq.amqp.model.VirtualHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * What cases with RabbitMQ's own Java client share: a broker for the class, a connection with a
 * channel for each case.
 */
class ClientCase {

    static TestAmqp amqp;
    Connection connection;
    Channel channel;

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

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static VirtualHost host() {
        VirtualHost host = amqp.broker.hosts().find("/");
        assertThat(host).isNotNull();
        return host;
    }

    static Map<String, Object> args(Object... pairs) {
        Map<String, Object> map = new java.util.HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    String queue(Object... arguments) throws IOException {
        return channel.queueDeclare("", false, true, false, args(arguments)).getQueue();
    }

    String got(String queue) throws IOException {
        GetResponse got = channel.basicGet(queue, true);
        return got == null ? "nothing" : text(got.getBody());
    }

    GetResponse awaited(String queue) throws Exception {
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

    BlockingQueue<Delivery> consume(Channel on, String queue, boolean auto) throws IOException {
        BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
        on.basicConsume(queue, auto, (tag, delivery) -> deliveries.add(delivery), tag -> {});
        return deliveries;
    }

    static Delivery next(BlockingQueue<Delivery> deliveries) throws InterruptedException {
        Delivery delivery = deliveries.poll(10, TimeUnit.SECONDS);
        assertThat(delivery).isNotNull();
        return delivery;
    }

    /** The channel is closed with this text. */
    void refused(String expected, Callable<?> action) throws Exception {
        assertThat(refusal(action).getReplyText()).isEqualTo(expected);
    }

    /** The channel is closed with 406. */
    void refusedAsPrecondition(Callable<?> action) throws Exception {
        assertThat(refusal(action).getReplyCode()).isEqualTo(406);
    }

    private AMQP.Channel.Close refusal(Callable<?> action) throws Exception {
        Channel on = connection.createChannel();
        Channel before = channel;
        channel = on;
        try {
            action.call();
            on.basicQos(0);
            throw new AssertionError("not refused");
        } catch (IOException | AlreadyClosedException e) {
            Throwable cause = e instanceof IOException ? e.getCause() : e;
            return (AMQP.Channel.Close) ((ShutdownSignalException) cause).getReason();
        } finally {
            channel = before;
        }
    }
}
