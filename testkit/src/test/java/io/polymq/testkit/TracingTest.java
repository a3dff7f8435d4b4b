package io.polymq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.polymq.testkit.Clients.Amqp1;
import io.polymq.testkit.Clients.Mqtt;
import io.polymq.testkit.Clients.Nats;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Spans of publishes and deliveries reach a collector that speaks OTLP; the context crosses. */
class TracingTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final String SAMPLED = "00-" + TRACE + '-' + PARENT + "-01";

    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final AtomicReference<String> service = new AtomicReference<>("");
    private HttpServer collector;
    private EmbeddedPolyMq broker;

    @BeforeEach
    void start() throws Exception {
        collector =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", this::receive);
        collector.start();
        broker =
                EmbeddedPolyMq.builder()
                        .set("auth.admin.password", "s3cret")
                        .set(
                                "tracing.endpoint",
                                "http://127.0.0.1:"
                                        + collector.getAddress().getPort()
                                        + "/v1/traces")
                        .set("tracing.linger", "10ms")
                        .set("tracing.service_name", "the-broker")
                        .start();
    }

    @AfterEach
    void stop() {
        broker.close();
        collector.stop(0);
    }

    private void receive(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
            body = new GZIPInputStream(new java.io.ByteArrayInputStream(body)).readAllBytes();
        }
        ExportTraceServiceRequest.parseFrom(body)
                .getResourceSpansList()
                .forEach(
                        resource -> {
                            resource.getResource().getAttributesList().stream()
                                    .filter(one -> one.getKey().equals("service.name"))
                                    .forEach(one -> service.set(one.getValue().getStringValue()));
                            resource.getScopeSpansList()
                                    .forEach(scope -> spans.addAll(scope.getSpansList()));
                        });
        exchange.sendResponseHeaders(200, 0);
        exchange.close();
    }

    private static String said(Span span, String attribute) {
        return span.getAttributesList().stream()
                .filter(one -> one.getKey().equals(attribute))
                .map(one -> one.getValue().getStringValue())
                .findFirst()
                .orElse("");
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    private Span await(String name, String attribute, String value) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (System.nanoTime() < deadline) {
            for (Span span : spans) {
                if (span.getName().equals(name) && said(span, attribute).equals(value)) {
                    assertThat(hex(span.getTraceId())).isEqualTo(TRACE);
                    assertThat(hex(span.getParentSpanId())).isEqualTo(PARENT);
                    assertThat(span.getEndTimeUnixNano())
                            .isGreaterThanOrEqualTo(span.getStartTimeUnixNano());
                    return span;
                }
            }
            Thread.onSpinWait();
        }
        throw new AssertionError(name + " with " + attribute + ' ' + value + " is not in " + spans);
    }

    /** The last of so many spans of that name. */
    private Span await(String name, int many) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (System.nanoTime() < deadline) {
            List<Span> found = spans.stream().filter(one -> one.getName().equals(name)).toList();
            assertThat(found.size()).isLessThanOrEqualTo(many);
            if (found.size() == many) {
                return found.getLast();
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("not " + many + " of " + name + " in " + spans);
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = new HashMap<>(Clients.kafka(broker));
        return new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static ConsumerRecord<byte[], byte[]> next(KafkaConsumer<byte[], byte[]> consumer) {
        for (int attempt = 0; attempt < 50; attempt++) {
            ConsumerRecords<byte[], byte[]> some = consumer.poll(Duration.ofMillis(200));
            if (!some.isEmpty()) {
                return some.iterator().next();
            }
        }
        throw new AssertionError("no record came");
    }

    @Test
    void aPublishByMqttIsFollowedToEveryProtocol() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient();
                Mqtt mqtt = new Mqtt(broker, "traced");
                Nats nats = new Nats(broker);
                Connection amqp = Clients.amqp(broker);
                KafkaConsumer<byte[], byte[]> kafka = consumer()) {
            new Clients.Admin(broker, http).ask("PUT", "topics/traced.orders", "{}");
            Channel channel = amqp.createChannel();
            channel.queueDeclare("traced-queue", true, false, false, Map.of());
            channel.queueBind("traced-queue", "amq.topic", "traced.#");
            nats.send("SUB traced.> 1\r\nPING\r\n");
            nats.until("PONG");

            mqtt.publish("traced/orders", "hello", false, Map.of("traceparent", SAMPLED));

            nats.until("HMSG traced.orders");
            assertThat(nats.until("traceparent")).endsWith(SAMPLED);
            GetResponse got = channel.basicGet("traced-queue", true);
            for (int attempt = 0; got == null && attempt < 500; attempt++) {
                got = channel.basicGet("traced-queue", true);
            }
            assertThat(got.getProps().getHeaders().get("traceparent")).hasToString(SAMPLED);
            TopicPartition partition = new TopicPartition("traced.orders", 0);
            kafka.assign(List.of(partition));
            kafka.seekToBeginning(List.of(partition));
            assertThat(new String(next(kafka).headers().lastHeader("traceparent").value(), UTF_8))
                    .isEqualTo(SAMPLED);

            Span published = await("publish traced.orders", "polymq.protocol", "mqtt");
            assertThat(published.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
            Span live = await("deliver traced.orders", "polymq.from", "subscription");
            assertThat(said(live, "polymq.source")).isEqualTo("traced.>");
            Span queued = await("deliver traced.orders", "polymq.from", "queue");
            assertThat(said(queued, "polymq.source")).endsWith("traced-queue");
            Span fetched = await("deliver traced.orders", "polymq.from", "topic");
            assertThat(said(fetched, "polymq.source")).isEqualTo("traced.orders");
            assertThat(service.get()).isEqualTo("the-broker");
        }
    }

    @Test
    void whatIsReadOfAStreamIsFollowedInBothVersionsOfAmqp() throws Exception {
        try (Connection amqp = Clients.amqp(broker);
                Amqp1 other = new Amqp1(broker)) {
            Channel channel = amqp.createChannel();
            channel.queueDeclare(
                    "traced-stream", true, false, false, Map.of("x-queue-type", "stream"));
            BlockingQueue<String> got = new LinkedBlockingQueue<>();
            channel.basicQos(10);
            channel.basicConsume(
                    "traced-stream",
                    false,
                    (tag, delivery) -> got.add(new String(delivery.getBody(), UTF_8)),
                    tag -> {});
            other.receiver(0, "/queue/traced-stream");

            channel.basicPublish(
                    "",
                    "traced-stream",
                    new AMQP.BasicProperties.Builder()
                            .headers(Map.of("traceparent", SAMPLED))
                            .build(),
                    "hello".getBytes(UTF_8));

            assertThat(got.poll(15, TimeUnit.SECONDS)).isEqualTo("hello");
            assertThat(other.received()).contains("hello");
            await("deliver traced-stream", "polymq.from", "topic");
            assertThat(said(await("deliver traced-stream", 2), "polymq.source"))
                    .isEqualTo("traced-stream");
        }
    }

    @Test
    void recordsOfAShareGroupAreFollowedAndThoseBesideThemAreNot() throws Exception {
        Map<String, Object> settings = new HashMap<>(Clients.kafka(broker));
        settings.put("group.id", "sharing");
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker);
                Admin admin = Admin.create(Clients.kafka(broker));
                KafkaShareConsumer<byte[], byte[]> consumer =
                        new KafkaShareConsumer<>(
                                settings,
                                new ByteArrayDeserializer(),
                                new ByteArrayDeserializer())) {
            admin.createTopics(List.of(new NewTopic("traced-shared", 1, (short) 1))).all().get();
            admin.incrementalAlterConfigs(
                            Map.of(
                                    new ConfigResource(ConfigResource.Type.GROUP, "sharing"),
                                    List.of(
                                            new AlterConfigOp(
                                                    new ConfigEntry(
                                                            "share.auto.offset.reset", "earliest"),
                                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
            ProducerRecord<byte[], byte[]> record =
                    new ProducerRecord<>("traced-shared", "hello".getBytes(UTF_8));
            record.headers().add("traceparent", SAMPLED.getBytes(UTF_8));
            producer.send(record).get();
            consumer.subscribe(List.of("traced-shared"));
            ConsumerRecords<byte[], byte[]> some = ConsumerRecords.empty();
            for (int attempt = 0; attempt < 100 && some.isEmpty(); attempt++) {
                some = consumer.poll(Duration.ofMillis(200));
            }
            assertThat(some.count()).isOne();
            Span span = await("deliver traced-shared", "polymq.from", "topic");
            assertThat(said(span, "polymq.source")).isEqualTo("traced-shared");
        }
    }

    @Test
    void mailIsFollowedToWhomeverItIsHandedOut() throws Exception {
        try (Nats agent = new Nats(broker)) {
            agent.send("SUB answer 1\r\nSUB mail 2\r\n");
            asked(agent, "MAILBOX.CREATE", "{\"name\":\"traced.box\",\"ttl\":0}");
            String headers = "NATS/1.0\r\ntraceparent: " + SAMPLED + "\r\n\r\n";
            agent.send(
                    "HPUB $mq9.AI.MSG.SEND.traced.box answer "
                            + headers.length()
                            + ' '
                            + (headers.length() + 5)
                            + "\r\n"
                            + headers
                            + "hello\r\n");
            agent.until("MSG answer");

            assertThat(asked(agent, "MSG.FETCH.traced.box", "{\"deliver\":\"earliest\"}"))
                    .contains("hello");
            Span passing = await("deliver mq9.traced.box", 1);
            assertThat(said(passing, "polymq.source")).isEqualTo("traced.box");
            assertThat(said(passing, "polymq.from")).isEqualTo("queue");
            assertThat(said(passing, "polymq.tenant")).isEqualTo("default");

            asked(
                    agent,
                    "MSG.FETCH.traced.box",
                    "{\"group_name\":\"readers\",\"deliver\":\"earliest\"}");
            await("deliver mq9.traced.box", 2);
            agent.publish(
                    "$mq9.AI.MSG.SUBSCRIBE.traced.box",
                    "answer",
                    "{\"group_name\":\"pushed\",\"deliver_subject\":\"mail\",\"deliver\":\"earliest\"}");
            agent.until("MSG mail");
            await("deliver mq9.traced.box", 3);
        }
    }

    private static String asked(Nats agent, String command, String body) throws Exception {
        agent.publish("$mq9.AI." + command, "answer", body);
        agent.until("MSG answer");
        return agent.line();
    }

    @Test
    void aRecordOfKafkaIsFollowedThoughNobodyIsSubscribed() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker)) {
            ProducerRecord<byte[], byte[]> record =
                    new ProducerRecord<>("traced.records", "hello".getBytes(UTF_8));
            record.headers().add("traceparent", SAMPLED.getBytes(UTF_8));
            producer.send(record).get();
            await("publish traced.records", "messaging.operation.name", "publish");
        }
    }

    @Test
    void whatIsNotSampledOrHasNoContextOrAWrongOneIsNotFollowed() throws Exception {
        try (Mqtt mqtt = new Mqtt(broker, "untraced")) {
            mqtt.publish("a/plain", "1", false);
            mqtt.publish("a/unsampled", "2", false, Map.of("traceparent", unsampled()));
            mqtt.publish("a/wrong", "3", false, Map.of("traceparent", "00-xyz-01"));
            mqtt.publish("a/last", "4", false, Map.of("traceparent", SAMPLED));
            await("publish a.last", "polymq.protocol", "mqtt");
            assertThat(spans).extracting(Span::getName).containsOnly("publish a.last");
        }
    }

    private static String unsampled() {
        return SAMPLED.substring(0, SAMPLED.length() - 1) + '0';
    }
}
