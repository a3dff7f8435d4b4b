package io.polymq.cli;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Kafka, over its own client. Any thread; each subscription reads on a thread of its own. */
final class KafkaMessenger implements Messenger {
    static final int PORT = 9092;
    static final int TLS_PORT = 9093;
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration POLL = Duration.ofMillis(200);

    /**
     * How a command uses Kafka.
     *
     * @param group null: reads all partitions and commits nothing
     * @param partition -1: as the key says
     * @param replyTopic where answers to requests come
     */
    record Use(
            String acks,
            int partition,
            @Nullable String group,
            boolean fromBeginning,
            @Nullable String replyTopic,
            long lingerMillis) {
        static final Use DEFAULT = new Use("all", -1, null, false, null, 0);
    }

    private final Map<String, Object> settings;
    private final Use use;
    private final List<Reader> readers = new ArrayList<>();
    private @Nullable KafkaProducer<byte[], byte[]> producer;

    private KafkaMessenger(Map<String, Object> settings, Use use) {
        this.settings = settings;
        this.use = use;
    }

    static KafkaMessenger connect(ServerTarget.Address to, Use use) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", to.host() + ':' + to.port());
        settings.put("client.id", "polymq-cli");
        Login login = to.login();
        String transport = to.trust() == null ? "PLAINTEXT" : "SSL";
        settings.put("security.protocol", login == null ? transport : "SASL_" + transport);
        if (login != null) {
            settings.put("sasl.mechanism", "PLAIN");
            settings.put(
                    "sasl.jaas.config",
                    "org.apache.kafka.common.security.plain.PlainLoginModule required username="
                            + quoted(login.user())
                            + " password="
                            + quoted(login.password())
                            + ';');
        }
        if (to.authority() != null) {
            settings.put("ssl.truststore.type", "PEM");
            settings.put("ssl.truststore.location", to.authority().toString());
        }
        settings.put("request.timeout.ms", (int) PATIENCE.toMillis());
        settings.put("default.api.timeout.ms", (int) PATIENCE.toMillis());
        return new KafkaMessenger(settings, use);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private synchronized KafkaProducer<byte[], byte[]> producer() {
        if (producer == null) {
            Map<String, Object> own = new HashMap<>(settings);
            own.put("acks", use.acks());
            own.put("enable.idempotence", use.acks().equals("all") || use.acks().equals("-1"));
            own.put("linger.ms", use.lingerMillis());
            own.put("max.block.ms", PATIENCE.toMillis());
            own.put("delivery.timeout.ms", (int) PATIENCE.toMillis() * 2);
            producer =
                    new KafkaProducer<>(own, new ByteArraySerializer(), new ByteArraySerializer());
        }
        return producer;
    }

    private static CliException failure(Throwable thrown) {
        Throwable failed =
                thrown instanceof ExecutionException && thrown.getCause() != null
                        ? thrown.getCause()
                        : thrown;
        ExitStatus status =
                switch (failed) {
                    case CliException known -> known.status();
                    case AuthenticationException refused -> ExitStatus.NOT_PERMITTED;
                    case AuthorizationException refused -> ExitStatus.NOT_PERMITTED;
                    case UnknownTopicOrPartitionException none -> ExitStatus.NOT_FOUND;
                    case org.apache.kafka.common.errors.TimeoutException late ->
                            ExitStatus.UNAVAILABLE;
                    case org.apache.kafka.common.errors.ApiException refused -> ExitStatus.REFUSED;
                    default -> ExitStatus.UNAVAILABLE;
                };
        return new CliException(status, String.valueOf(failed.getMessage()), failed);
    }

    @Override
    public CompletableFuture<Void> publish(Outgoing message) {
        CompletableFuture<Void> acknowledged = new CompletableFuture<>();
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(
                        message.subject(),
                        use.partition() < 0 ? null : use.partition(),
                        bytes(message.key()),
                        message.payload());
        Headers headers = record.headers();
        message.headers().forEach(header -> headers.add(header.name(), bytes(header.value())));
        add(headers, "content-type", message.contentType());
        add(headers, "correlation-id", message.correlation());
        add(headers, "reply-to", message.replyTo());
        add(headers, "message-id", message.messageId());
        try {
            producer()
                    .send(
                            record,
                            (kept, failed) -> {
                                if (failed == null) {
                                    acknowledged.complete(null);
                                } else {
                                    acknowledged.completeExceptionally(failure(failed));
                                }
                            });
        } catch (KafkaException failed) {
            acknowledged.completeExceptionally(failure(failed));
        }
        return acknowledged;
    }

    private static void add(Headers headers, String name, @Nullable String value) {
        if (value != null) {
            headers.add(name, bytes(value));
        }
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void subscribe(String topic, Consumer<Incoming> taker) {
        Reader reader = new Reader(topic, taker);
        synchronized (this) {
            readers.add(reader);
        }
        reader.start();
    }

    @Override
    public Incoming request(Outgoing message, Duration patience) {
        String replies = use.replyTopic();
        if (replies == null) {
            throw new CliException(ExitStatus.USAGE, "A request needs --reply-topic.");
        }
        String which = UUID.randomUUID().toString();
        CompletableFuture<Incoming> reply = new CompletableFuture<>();
        subscribe(
                replies,
                incoming -> {
                    if (which.equals(incoming.correlation())) {
                        reply.complete(incoming);
                    }
                });
        publish(message.repliedTo(replies, which))
                .exceptionally(
                        failed -> {
                            reply.completeExceptionally(failed);
                            return null;
                        });
        try {
            return reply.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw failure(failed);
        } catch (TimeoutException late) {
            throw new CliException(
                    ExitStatus.LATER, "No answer within " + patience.toSeconds() + " s.", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CliException(ExitStatus.INCOMPLETE, "Interrupted.", interrupted);
        }
    }

    @Override
    public synchronized void close() {
        readers.forEach(Reader::end);
        if (producer != null) {
            producer.close(PATIENCE);
        }
    }

    private static Incoming read(ConsumerRecord<byte[], byte[]> record) {
        List<Header> headers = new ArrayList<>();
        Map<String, String> known = new HashMap<>();
        record.headers()
                .forEach(
                        header -> {
                            String value =
                                    header.value() == null
                                            ? ""
                                            : new String(header.value(), StandardCharsets.UTF_8);
                            switch (header.key()) {
                                case "content-type", "correlation-id", "reply-to", "message-id" ->
                                        known.put(header.key(), value);
                                default -> headers.add(new Header(header.key(), value));
                            }
                        });
        return new Incoming(
                record.topic(),
                record.value() == null ? new byte[0] : record.value(),
                headers,
                known.get("content-type"),
                known.get("reply-to"),
                known.get("correlation-id"),
                known.get("message-id"),
                record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8),
                record.topic() + '/' + record.partition() + '/' + record.offset());
    }

    /** Reads a topic until it is ended. Its own thread uses the consumer. */
    private final class Reader {
        private final String topic;
        private final Consumer<Incoming> taker;
        private final CountDownLatch begun = new CountDownLatch(1);
        private final AtomicReference<@Nullable CliException> failed = new AtomicReference<>();
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final Thread thread;

        Reader(String topic, Consumer<Incoming> taker) {
            this.topic = topic;
            this.taker = taker;
            Map<String, Object> own = new HashMap<>(settings);
            own.put("auto.offset.reset", use.fromBeginning() ? "earliest" : "latest");
            own.put("enable.auto.commit", use.group() != null);
            if (use.group() != null) {
                own.put("group.id", use.group());
            }
            own.put("allow.auto.create.topics", true);
            consumer =
                    new KafkaConsumer<>(
                            own, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            thread = Thread.ofPlatform().name("kafka-reader").daemon(true).unstarted(this::run);
        }

        void start() {
            thread.start();
            try {
                if (!begun.await(PATIENCE.toMillis() * 2, TimeUnit.MILLISECONDS)) {
                    throw new CliException(ExitStatus.UNAVAILABLE, "The broker does not answer.");
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            CliException why = failed.get();
            if (why != null) {
                throw why;
            }
        }

        private void run() {
            try (consumer) {
                if (use.group() != null) {
                    consumer.subscribe(List.of(topic));
                    while (consumer.assignment().isEmpty()) {
                        consumer.poll(POLL).forEach(record -> taker.accept(read(record)));
                    }
                } else {
                    assign();
                }
                begun.countDown();
                while (true) {
                    consumer.poll(POLL).forEach(record -> taker.accept(read(record)));
                }
            } catch (WakeupException ended) {
                // It was asked to.
            } catch (KafkaException broken) {
                failed.set(failure(broken));
            } finally {
                begun.countDown();
            }
        }

        private void assign() {
            List<TopicPartition> all =
                    consumer.partitionsFor(topic).stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            consumer.assign(all);
            if (use.fromBeginning()) {
                consumer.seekToBeginning(all);
            } else {
                consumer.seekToEnd(all);
            }
            all.forEach(consumer::position);
        }

        void end() {
            consumer.wakeup();
            try {
                thread.join(PATIENCE);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
