import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.RpcClient;
import com.rabbitmq.client.RpcClientParams;
import com.rabbitmq.client.RpcServer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** RabbitMQ's Java client against a broker: java -cp CLIENT Round.java HOST PORT. */
public class Round {

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    public static void main(String[] args) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(args[0]);
        factory.setPort(Integer.parseInt(args[1]));
        try (Connection connection = factory.newConnection()) {
            confirmsAndPrefetch(connection.createChannel());
            directReplies(connection);
            streams(connection);
        }
        System.exit(0);
    }

    static void confirmsAndPrefetch(Channel channel) throws Exception {
        channel.confirmSelect();
        String queue = channel.queueDeclare().getQueue();
        for (int i = 0; i < 200; i++) {
            channel.basicPublish("", queue, MessageProperties.PERSISTENT_BASIC, ("m" + i).getBytes());
        }
        channel.waitForConfirmsOrDie(10_000);
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        channel.basicQos(10);
        channel.basicConsume(
                queue,
                false,
                (tag, delivery) -> {
                    channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
                    received.add(new String(delivery.getBody(), StandardCharsets.UTF_8));
                },
                tag -> {});
        for (int i = 0; i < 200; i++) {
            check(("m" + i).equals(received.poll(10, TimeUnit.SECONDS)), "message " + i);
        }
        channel.close();
    }

    static void directReplies(Connection connection) throws Exception {
        Channel serving = connection.createChannel();
        String requests = serving.queueDeclare().getQueue();
        RpcServer server =
                new RpcServer(serving, requests) {
                    @Override
                    public byte[] handleCall(byte[] request, AMQP.BasicProperties properties) {
                        return ("re: " + new String(request)).getBytes();
                    }
                };
        Thread loop =
                new Thread(
                        () -> {
                            try {
                                server.mainloop();
                            } catch (java.io.IOException ended) {
                                // with its channel
                            }
                        });
        loop.setDaemon(true);
        loop.start();
        Channel asking = connection.createChannel();
        RpcClient client =
                new RpcClient(
                        new RpcClientParams()
                                .channel(asking)
                                .exchange("")
                                .routingKey(requests)
                                .replyTo("amq.rabbitmq.reply-to")
                                .timeout(10_000));
        check("re: hi".equals(client.stringCall("hi")), "an answer");
        client.close();
    }

    static void streams(Connection connection) throws Exception {
        Channel channel = connection.createChannel();
        channel.queueDeclare("interop-stream", true, false, false, Map.of("x-queue-type", "stream"));
        channel.confirmSelect();
        for (int i = 0; i < 50; i++) {
            channel.basicPublish("", "interop-stream", null, ("s" + i).getBytes());
        }
        channel.waitForConfirmsOrDie(10_000);
        channel.basicQos(5);
        BlockingQueue<Long> offsets = new LinkedBlockingQueue<>();
        channel.basicConsume(
                "interop-stream",
                false,
                Map.of("x-stream-offset", "first"),
                (tag, delivery) -> {
                    offsets.add((Long) delivery.getProperties().getHeaders().get("x-stream-offset"));
                    channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
                },
                tag -> {});
        for (long i = 0; i < 50; i++) {
            check(Long.valueOf(i).equals(offsets.poll(10, TimeUnit.SECONDS)), "offset " + i);
        }
        channel.queueDelete("interop-stream");
    }
}
