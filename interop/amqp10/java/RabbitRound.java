import com.rabbitmq.client.amqp.AmqpException;
import com.rabbitmq.client.amqp.Connection;
import com.rabbitmq.client.amqp.Consumer;
import com.rabbitmq.client.amqp.ConsumerBuilder;
import com.rabbitmq.client.amqp.Environment;
import com.rabbitmq.client.amqp.Management;
import com.rabbitmq.client.amqp.Message;
import com.rabbitmq.client.amqp.Publisher;
import com.rabbitmq.client.amqp.impl.AmqpEnvironmentBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** RabbitMQ's AMQP 1.0 Java client with its management over AMQP. */
public final class RabbitRound {

    private final Connection connection;
    private final Management management;
    private final String run = "rabbit" + Long.toString(System.nanoTime(), 36) + ".";

    private RabbitRound(Connection connection) {
        this.connection = connection;
        this.management = connection.management();
    }

    public static void main(String[] args) {
        Checks checks = new Checks("rabbitmq-amqp-java-client");
        try (Environment environment = new AmqpEnvironmentBuilder().build();
                Connection connection =
                        environment
                                .connectionBuilder()
                                .host(args[0])
                                .port(Integer.parseInt(args[1]))
                                .username("guest")
                                .password("guest")
                                .virtualHost("/")
                                .build()) {
            RabbitRound round = new RabbitRound(connection);
            checks.check("queues are declared, inspected, purged, deleted", round::queues);
            checks.check("exchanges and bindings", round::bindings);
            checks.check("bindings with arguments", round::headersBindings);
            checks.check("a declaration that differs is refused", round::differs);
            checks.check("publish to a queue and consume", round::publishAndConsume);
            checks.check("publish to an exchange", round::exchange);
            checks.check("each message names its target", round::toEach);
            checks.check("an unroutable message is released", round::unroutable);
            checks.check("requeue, with annotations", round::requeue);
            checks.check("discard goes to the dead-letter exchange", round::deadLetter);
            checks.check("pre-settled consumer", round::preSettled);
            checks.check("pause and unpause", round::pause);
            checks.check("a stream from the first message", round::stream);
            checks.check("a stream from an offset", round::streamOffset);
            checks.check("a stream's filter values", round::streamFilter);
            checks.check("a stream's property filter", round::propertyFilter);
            checks.check("a stream's SQL filter", round::sqlFilter);
            checks.check("request and reply", round::requestReply);
            checks.check("exclusive and auto-delete queues", round::exclusive);
            checks.check("a batch is settled at once", round::batch);
        } catch (Exception failure) {
            checks.check(
                    "connection",
                    () -> {
                        throw failure;
                    });
        }
        checks.end();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Message message) {
        return new String(message.body(), StandardCharsets.UTF_8);
    }

    private Publisher.Status publish(Publisher publisher, Message message) throws Exception {
        CompletableFuture<Publisher.Status> status = new CompletableFuture<>();
        publisher.publish(message, context -> status.complete(context.status()));
        return status.get(10, TimeUnit.SECONDS);
    }

    private void publish(String queue, String... texts) throws Exception {
        try (Publisher publisher = connection.publisherBuilder().queue(queue).build()) {
            for (String text : texts) {
                Checks.same(
                        Publisher.Status.ACCEPTED,
                        publish(publisher, publisher.message(bytes(text))));
            }
        }
    }

    private Message one(String queue) throws Exception {
        BlockingQueue<Message> come = new LinkedBlockingQueue<>();
        try (Consumer consumer =
                connection
                        .consumerBuilder()
                        .queue(queue)
                        .initialCredits(1)
                        .messageHandler(
                                (context, message) -> {
                                    context.accept();
                                    come.add(message);
                                })
                        .build()) {
            Message message = come.poll(10, TimeUnit.SECONDS);
            Checks.that(message != null, "no message came");
            return message;
        }
    }

    private void queues() throws Exception {
        for (Management.QueueType type : Management.QueueType.values()) {
            // a stream is a topic of the tenant, whose name knows no slash
            String name = run + (type == Management.QueueType.STREAM ? "q %ü" : "q / %ü");
            Management.QueueInfo made = management.queue(name).type(type).declare();
            Checks.same(name, made.name());
            Checks.same(type, made.type());
            Checks.same(true, made.durable());
            Checks.same(0L, made.messageCount());
            Checks.same(0, made.consumerCount());
            publish(name, "a", "b");
            Checks.soon(() -> management.queueInfo(name).messageCount() == 2, "no two messages");
            if (type != Management.QueueType.STREAM) {
                Checks.same(2L, management.queuePurge(name).messageCount());
                Checks.same(0L, management.queueInfo(name).messageCount());
            }
            management.queueDelete(name);
            Checks.fails(AmqpException.class, () -> management.queueInfo(name));
        }
    }

    private void bindings() throws Exception {
        String exchange = run + "x";
        String other = run + "x2";
        String queue = run + "bound";
        management.exchange(exchange).type(Management.ExchangeType.DIRECT).declare();
        management.exchange(other).type(Management.ExchangeType.FANOUT).declare();
        management.queue(queue).declare();
        management
                .binding()
                .sourceExchange(exchange)
                .destinationExchange(other)
                .key("a b")
                .bind();
        management.binding().sourceExchange(other).destinationQueue(queue).key("").bind();
        try (Publisher publisher =
                connection.publisherBuilder().exchange(exchange).key("a b").build()) {
            Checks.same(
                    Publisher.Status.ACCEPTED, publish(publisher, publisher.message(bytes("m"))));
            Checks.same("m", text(one(queue)));
            management
                    .unbind()
                    .sourceExchange(exchange)
                    .destinationExchange(other)
                    .key("a b")
                    .unbind();
            Checks.same(
                    Publisher.Status.RELEASED, publish(publisher, publisher.message(bytes("m"))));
        }
        management.queueDelete(queue);
        management.exchangeDelete(exchange);
        management.exchangeDelete(other);
    }

    private void headersBindings() throws Exception {
        String exchange = run + "headers";
        String queue = run + "headed";
        management.exchange(exchange).type(Management.ExchangeType.HEADERS).declare();
        management.queue(queue).declare();
        for (String value : List.of("v1", "v2")) {
            management
                    .binding()
                    .sourceExchange(exchange)
                    .destinationQueue(queue)
                    .key("k")
                    .arguments(Map.of("x-match", "all", "h", value))
                    .bind();
        }
        try (Publisher publisher = connection.publisherBuilder().exchange(exchange).build()) {
            Checks.same(
                    Publisher.Status.ACCEPTED,
                    publish(publisher, publisher.message(bytes("m")).property("h", "v1")));
            Checks.same("m", text(one(queue)));
            management
                    .unbind()
                    .sourceExchange(exchange)
                    .destinationQueue(queue)
                    .key("k")
                    .arguments(Map.of("x-match", "all", "h", "v1"))
                    .unbind();
            Checks.same(
                    Publisher.Status.RELEASED,
                    publish(publisher, publisher.message(bytes("m")).property("h", "v1")));
            Checks.same(
                    Publisher.Status.ACCEPTED,
                    publish(publisher, publisher.message(bytes("n")).property("h", "v2")));
        }
        management.queueDelete(queue);
        management.exchangeDelete(exchange);
    }

    private void differs() throws Exception {
        String queue = run + "differs";
        management.queue(queue).autoDelete(false).declare();
        Checks.fails(
                AmqpException.class, () -> management.queue(queue).maxLength(5).declare());
        management.queueDelete(queue);
    }

    private void publishAndConsume() throws Exception {
        String queue = run + "plain";
        management.queue(queue).quorum().queue().declare();
        try (Publisher publisher = connection.publisherBuilder().queue(queue).build()) {
            Message message =
                    publisher
                            .message(bytes("body"))
                            .messageId(77L)
                            .correlationId("corr")
                            .subject("subject")
                            .contentType("text/plain")
                            .property("k", "v")
                            .property("n", 5)
                            .annotation("x-opt-own", "mine");
            Checks.same(Publisher.Status.ACCEPTED, publish(publisher, message));
        }
        Message back = one(queue);
        Checks.same("body", text(back));
        Checks.same(77L, back.messageIdAsLong());
        Checks.same("corr", back.correlationIdAsString());
        Checks.same("subject", back.subject());
        Checks.same("text/plain", back.contentType());
        Checks.same("v", back.property("k"));
        Checks.same(5, back.property("n"));
        Checks.same("mine", back.annotation("x-opt-own"));
        Checks.same(queue, back.annotation("x-routing-key"));
        Checks.same(true, back.durable());
        Checks.same(true, back.firstAcquirer());
        Checks.soon(() -> management.queueInfo(queue).messageCount() == 0, "not settled");
        management.queueDelete(queue);
    }

    private void exchange() throws Exception {
        String queue = run + "topics";
        management.queue(queue).declare();
        management
                .binding()
                .sourceExchange("amq.topic")
                .destinationQueue(queue)
                .key(run + "*.x")
                .bind();
        try (Publisher publisher =
                connection.publisherBuilder().exchange("amq.topic").key(run + "a.x").build()) {
            Checks.same(
                    Publisher.Status.ACCEPTED, publish(publisher, publisher.message(bytes("m"))));
        }
        Message back = one(queue);
        Checks.same("amq.topic", back.annotation("x-exchange"));
        Checks.same(run + "a.x", back.annotation("x-routing-key"));
        management.queueDelete(queue);
    }

    private void toEach() throws Exception {
        String first = run + "first";
        String second = run + "second";
        management.queue(first).declare();
        management.queue(second).declare();
        try (Publisher publisher = connection.publisherBuilder().build()) {
            Message one = publisher.message(bytes("1")).toAddress().queue(first).message();
            Message two =
                    publisher
                            .message(bytes("2"))
                            .toAddress()
                            .exchange("amq.direct")
                            .key("k")
                            .message();
            management
                    .binding()
                    .sourceExchange("amq.direct")
                    .destinationQueue(second)
                    .key("k")
                    .bind();
            Checks.same(Publisher.Status.ACCEPTED, publish(publisher, one));
            Checks.same(Publisher.Status.ACCEPTED, publish(publisher, two));
        }
        Checks.same("1", text(one(first)));
        Checks.same("2", text(one(second)));
        management.queueDelete(first);
        management.queueDelete(second);
    }

    private void unroutable() throws Exception {
        try (Publisher publisher =
                connection.publisherBuilder().exchange("amq.direct").key(run + "no").build()) {
            Checks.same(
                    Publisher.Status.RELEASED, publish(publisher, publisher.message(bytes("m"))));
        }
    }

    private void requeue() throws Exception {
        String queue = run + "requeue";
        management.queue(queue).type(Management.QueueType.QUORUM).declare();
        publish(queue, "again");
        List<Message> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch done = new CountDownLatch(3);
        try (Consumer consumer =
                connection
                        .consumerBuilder()
                        .queue(queue)
                        .messageHandler(
                                (context, message) -> {
                                    seen.add(message);
                                    switch (seen.size()) {
                                        case 1 -> context.requeue();
                                        case 2 -> context.requeue(Map.of("x-opt-seen", "yes"));
                                        default -> context.accept();
                                    }
                                    done.countDown();
                                })
                        .build()) {
            Checks.that(done.await(10, TimeUnit.SECONDS), "it came " + seen.size() + " times");
        }
        Checks.same(false, seen.get(1).firstAcquirer());
        Checks.same("yes", seen.get(2).annotation("x-opt-seen"));
        management.queueDelete(queue);
    }

    private void deadLetter() throws Exception {
        String queue = run + "dying";
        String dead = run + "dead";
        management.queue(dead).declare();
        management
                .queue(queue)
                .type(Management.QueueType.QUORUM)
                .deadLetterExchange("amq.direct")
                .deadLetterRoutingKey(dead)
                .declare();
        management
                .binding()
                .sourceExchange("amq.direct")
                .destinationQueue(dead)
                .key(dead)
                .bind();
        publish(queue, "bad");
        CountDownLatch done = new CountDownLatch(1);
        try (Consumer consumer =
                connection
                        .consumerBuilder()
                        .queue(queue)
                        .messageHandler(
                                (context, message) -> {
                                    context.discard(Map.of("x-opt-why", "bad"));
                                    done.countDown();
                                })
                        .build()) {
            Checks.that(done.await(10, TimeUnit.SECONDS), "nothing came");
            Message buried = one(dead);
            Checks.same("bad", text(buried));
            Checks.that(buried.annotation("x-opt-deaths") != null, "no record of its death");
            Checks.same("rejected", buried.annotation("x-first-death-reason").toString());
            Checks.same(queue, buried.annotation("x-first-death-queue").toString());
            Checks.same("bad", buried.annotation("x-opt-why"));
        }
        management.queueDelete(queue);
        management.queueDelete(dead);
    }

    private void preSettled() throws Exception {
        String queue = run + "settled";
        management.queue(queue).declare();
        publish(queue, "a", "b", "c");
        CountDownLatch done = new CountDownLatch(3);
        try (Consumer consumer =
                connection
                        .consumerBuilder()
                        .queue(queue)
                        .preSettled()
                        .messageHandler((context, message) -> done.countDown())
                        .build()) {
            Checks.that(done.await(10, TimeUnit.SECONDS), "not all came");
        }
        Checks.same(0L, management.queueInfo(queue).messageCount());
        management.queueDelete(queue);
    }

    private void pause() throws Exception {
        String queue = run + "pause";
        management.queue(queue).declare();
        BlockingQueue<String> come = new LinkedBlockingQueue<>();
        try (Consumer consumer =
                connection
                        .consumerBuilder()
                        .queue(queue)
                        .messageHandler(
                                (context, message) -> {
                                    context.accept();
                                    come.add(text(message));
                                })
                        .build()) {
            publish(queue, "a");
            Checks.same("a", come.poll(10, TimeUnit.SECONDS));
            consumer.pause();
            publish(queue, "b");
            Checks.same(null, come.poll(500, TimeUnit.MILLISECONDS));
            consumer.unpause();
            Checks.same("b", come.poll(10, TimeUnit.SECONDS));
        }
        management.queueDelete(queue);
    }

    private List<String> read(
            String stream,
            int count,
            Function<ConsumerBuilder.StreamOptions, ConsumerBuilder.StreamOptions> options)
            throws Exception {
        BlockingQueue<Message> come = new LinkedBlockingQueue<>();
        ConsumerBuilder builder =
                connection
                        .consumerBuilder()
                        .queue(stream)
                        .messageHandler(
                                (context, message) -> {
                                    context.accept();
                                    come.add(message);
                                });
        List<String> texts = new ArrayList<>();
        try (Consumer consumer = options.apply(builder.stream()).builder().build()) {
            for (int i = 0; i < count; i++) {
                Message message = come.poll(10, TimeUnit.SECONDS);
                Checks.that(message != null, "only " + texts + " came");
                Checks.that(message.annotation("x-stream-offset") != null, "no offset");
                texts.add(text(message));
            }
            Checks.same(null, come.poll(300, TimeUnit.MILLISECONDS));
        }
        return texts;
    }

    private String filled(String name) throws Exception {
        String stream = run + name;
        management.queue(stream).stream().queue().declare();
        try (Publisher publisher = connection.publisherBuilder().queue(stream).build()) {
            for (int i = 0; i < 6; i++) {
                Message message =
                        publisher
                                .message(bytes("m" + i))
                                .subject(i % 2 == 0 ? "even.subject" : "odd.subject")
                                .property("n", i)
                                .property("region", i < 3 ? "emea" : "apac")
                                .annotation("x-stream-filter-value", i % 2 == 0 ? "even" : "odd");
                Checks.same(Publisher.Status.ACCEPTED, publish(publisher, message));
            }
        }
        return stream;
    }

    private void stream() throws Exception {
        String stream = filled("stream");
        for (int i = 0; i < 2; i++) {
            Checks.same(
                    List.of("m0", "m1", "m2", "m3", "m4", "m5"),
                    read(
                            stream,
                            6,
                            options ->
                                    options.offset(
                                            ConsumerBuilder.StreamOffsetSpecification.FIRST)));
        }
        management.queueDelete(stream);
    }

    private void streamOffset() throws Exception {
        String stream = filled("offset");
        Checks.same(List.of("m4", "m5"), read(stream, 2, options -> options.offset(4)));
        Checks.same(
                List.of("m0", "m1", "m2", "m3", "m4", "m5"),
                read(stream, 6, options -> options.offset("1h")));
        Checks.same(
                List.of(),
                read(
                        stream,
                        0,
                        options ->
                                options.offset(ConsumerBuilder.StreamOffsetSpecification.NEXT)));
        management.queueDelete(stream);
    }

    private static ConsumerBuilder.StreamOptions first(ConsumerBuilder.StreamOptions options) {
        return options.offset(ConsumerBuilder.StreamOffsetSpecification.FIRST);
    }

    private void streamFilter() throws Exception {
        String stream = filled("filter");
        Checks.same(
                List.of("m1", "m3", "m5"),
                read(stream, 3, options -> first(options).filterValues("odd")));
        management.queueDelete(stream);
    }

    private void propertyFilter() throws Exception {
        String stream = filled("properties");
        Checks.same(
                List.of("m0", "m2"),
                read(
                        stream,
                        2,
                        options ->
                                first(options)
                                        .filter()
                                        .subject("&p:even")
                                        .property("region", "emea")
                                        .stream()));
        management.queueDelete(stream);
    }

    private void sqlFilter() throws Exception {
        String stream = filled("sql");
        Checks.same(
                List.of("m3", "m4"),
                read(
                        stream,
                        2,
                        options ->
                                first(options)
                                        .filter()
                                        .sql(
                                                "properties.subject LIKE '%.subject' AND n > 2 AND"
                                                        + " n < 5")
                                        .stream()));
        management.queueDelete(stream);
    }

    private void requestReply() throws Exception {
        String requests = run + "rpc";
        management.queue(requests).declare();
        var server =
                connection
                        .responderBuilder()
                        .requestQueue(requests)
                        .handler((context, message) -> context.message(bytes("re:" + text(message))))
                        .build();
        var client =
                connection.requesterBuilder().requestAddress().queue(requests).requester().build();
        for (int i = 0; i < 5; i++) {
            CompletableFuture<Message> answer = client.publish(client.message(bytes("q" + i)));
            Checks.same("re:q" + i, text(answer.get(10, TimeUnit.SECONDS)));
        }
        client.close();
        server.close();
        management.queueDelete(requests);
    }

    private void exclusive() throws Exception {
        Management.QueueInfo own = management.queue().exclusive(true).autoDelete(true).declare();
        Checks.same(true, own.exclusive());
        Checks.same(true, own.autoDelete());
        publish(own.name(), "m");
        Checks.same("m", text(one(own.name())));
        Checks.fails(AmqpException.class, () -> management.queueInfo(own.name()));
    }

    private void batch() throws Exception {
        String queue = run + "batch";
        management.queue(queue).declare();
        CountDownLatch done = new CountDownLatch(50);
        Consumer.BatchContext[] batch = new Consumer.BatchContext[1];
        try (Consumer consumer =
                connection
                        .consumerBuilder()
                        .queue(queue)
                        .initialCredits(100)
                        .messageHandler(
                                (context, message) -> {
                                    if (batch[0] == null) {
                                        batch[0] = context.batch(10);
                                    }
                                    batch[0].add(context);
                                    if (batch[0].size() == 10) {
                                        batch[0].accept();
                                        batch[0] = null;
                                    }
                                    done.countDown();
                                })
                        .build()) {
            String[] texts = new String[50];
            java.util.Arrays.fill(texts, "m");
            publish(queue, texts);
            Checks.that(done.await(10, TimeUnit.SECONDS), "not all came");
            Checks.soon(() -> consumer.unsettledMessageCount() == 0, "not all are settled");
        }
        Checks.soon(() -> management.queueInfo(queue).messageCount() == 0, "not all are gone");
        management.queueDelete(queue);
    }
}
