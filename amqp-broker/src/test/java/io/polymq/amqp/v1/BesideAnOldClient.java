package io.polymq.amqp.v1;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;
import io.polymq.amqp.TestAmqp;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.VirtualHosts;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A broker with a client of 0-9-1, which prepares what clients of 1.0 find. */
abstract class BesideAnOldClient {

    static TestAmqp amqp;
    static Connection connection;
    static Channel channel;

    @BeforeAll
    static void start() throws Exception {
        amqp = TestAmqp.open();
        connection = amqp.connect();
        channel = connection.createChannel();
        channel.confirmSelect();
    }

    @AfterAll
    static void stop() throws Exception {
        connection.close();
        amqp.close();
    }

    /** A durable queue with messages that are safe. */
    static void queue(String name, String... messages) throws Exception {
        channel.queueDeclare(name, true, false, false, null);
        for (String message : messages) {
            channel.basicPublish(
                    "",
                    name,
                    MessageProperties.PERSISTENT_BASIC,
                    message.getBytes(StandardCharsets.UTF_8));
        }
        channel.waitForConfirmsOrDie(10_000);
    }

    static AmqpQueue find(String name) {
        return Objects.requireNonNull(
                Objects.requireNonNull(amqp.broker.hosts().find(VirtualHosts.DEFAULT))
                        .queues()
                        .find(name));
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
