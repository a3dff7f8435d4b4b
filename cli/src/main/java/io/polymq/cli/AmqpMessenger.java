package io.polymq.cli;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * AMQP 0-9-1, over RabbitMQ's client, every publish confirmed. Any thread; publishes one by one.
 */
final class AmqpMessenger implements Messenger {
    static final int PORT = 5672;
    static final int TLS_PORT = 5671;
    private static final String REPLIES = "amq.rabbitmq.reply-to";
    private static final int SECONDS = 15;
    private static final int NOT_FOUND = 404;
    private static final int ACCESS_REFUSED = 403;

    /**
     * How a command uses AMQP.
     *
     * @param exchange to publish to, or to bind to
     * @param queue subjects are queues
     * @param mandatory what no queue takes fails
     */
    record Use(
            String virtualHost, String exchange, boolean queue, boolean mandatory, int prefetch) {
        static final Use SUBJECTS = new Use("/", "amq.topic", false, false, 100);
    }

    private final Connection connection;
    private final Channel publishing;
    private final Use use;
    private final ConcurrentNavigableMap<Long, CompletableFuture<Void>> unconfirmed =
            new ConcurrentSkipListMap<>();
    private final Map<String, Long> returnable = new java.util.concurrent.ConcurrentHashMap<>();

    private AmqpMessenger(Connection connection, Channel publishing, Use use) {
        this.connection = connection;
        this.publishing = publishing;
        this.use = use;
    }

    static AmqpMessenger connect(ServerTarget.Address to, Use use) {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(to.host());
        factory.setPort(to.port());
        factory.setVirtualHost(use.virtualHost());
        factory.setAutomaticRecoveryEnabled(false);
        factory.setConnectionTimeout(SECONDS * 1000);
        Login login = to.login();
        if (login != null) {
            factory.setUsername(login.user());
            factory.setPassword(login.password());
        }
        if (to.trust() != null) {
            factory.useSslProtocol(to.trust().context());
        }
        try {
            Connection connection = factory.newConnection("polymq");
            Channel channel = connection.createChannel();
            AmqpMessenger messenger = new AmqpMessenger(connection, channel, use);
            messenger.confirm();
            return messenger;
        } catch (IOException | TimeoutException failed) {
            throw failure(failed);
        }
    }

    private void confirm() throws IOException {
        publishing.confirmSelect();
        publishing.addConfirmListener(
                (tag, multiple) -> confirmed(tag, multiple, null),
                (tag, multiple) ->
                        confirmed(
                                tag,
                                multiple,
                                new CliException(
                                        ExitStatus.REFUSED, "The broker did not take it.")));
        publishing.addReturnListener(
                returned -> {
                    String id = String.valueOf(returned.getProperties().getMessageId());
                    Long tag = returnable.remove(id);
                    CompletableFuture<Void> waiting = tag == null ? null : unconfirmed.remove(tag);
                    if (waiting != null) {
                        waiting.completeExceptionally(
                                new CliException(
                                        ExitStatus.NOT_FOUND,
                                        "No queue takes it: " + returned.getReplyText() + "."));
                    }
                });
        publishing.addShutdownListener(
                why -> {
                    CliException failure = failure(why);
                    unconfirmed.values().forEach(w -> w.completeExceptionally(failure));
                    unconfirmed.clear();
                });
    }

    private void confirmed(long tag, boolean multiple, @Nullable CliException failure) {
        Map<Long, CompletableFuture<Void>> which =
                multiple
                        ? unconfirmed.headMap(tag, true)
                        : unconfirmed.subMap(tag, true, tag, true);
        List<CompletableFuture<Void>> done = new ArrayList<>(which.values());
        which.clear();
        for (CompletableFuture<Void> one : done) {
            if (failure == null) {
                one.complete(null);
            } else {
                one.completeExceptionally(failure);
            }
        }
    }

    private static CliException failure(Throwable failed) {
        Throwable cause = failed;
        while (!(cause instanceof ShutdownSignalException)
                && !(cause instanceof AuthenticationFailureException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof AuthenticationFailureException) {
            return new CliException(
                    ExitStatus.NOT_PERMITTED, "The broker refuses the login.", failed);
        }
        if (cause instanceof ShutdownSignalException said) {
            int code =
                    switch (said.getReason()) {
                        case AMQP.Channel.Close close -> close.getReplyCode();
                        case AMQP.Connection.Close close -> close.getReplyCode();
                        case null, default -> 0;
                    };
            ExitStatus status =
                    switch (code) {
                        case NOT_FOUND -> ExitStatus.NOT_FOUND;
                        case ACCESS_REFUSED -> ExitStatus.NOT_PERMITTED;
                        case 0 -> ExitStatus.UNAVAILABLE;
                        default -> ExitStatus.REFUSED;
                    };
            return new CliException(status, "The broker says: " + text(said) + ".", failed);
        }
        return new CliException(
                ExitStatus.UNAVAILABLE, "Nobody answers: " + cause.getMessage() + ".", failed);
    }

    private static String text(ShutdownSignalException said) {
        return switch (said.getReason()) {
            case AMQP.Channel.Close close -> close.getReplyText();
            case AMQP.Connection.Close close -> close.getReplyText();
            case null, default -> String.valueOf(said.getMessage());
        };
    }

    @Override
    public CompletableFuture<Void> publish(Outgoing message) {
        CompletableFuture<Void> confirmed = new CompletableFuture<>();
        try {
            synchronized (publishing) {
                long tag = publishing.getNextPublishSeqNo();
                unconfirmed.put(tag, confirmed);
                String id = message.messageId();
                if (use.mandatory()) {
                    id = id == null ? Long.toString(tag) : id;
                    returnable.put(id, tag);
                    String stays = id;
                    confirmed.whenComplete((done, failed) -> returnable.remove(stays));
                }
                publishing.basicPublish(
                        use.queue() ? "" : use.exchange(),
                        message.subject(),
                        use.mandatory(),
                        properties(message, id),
                        message.payload());
            }
        } catch (IOException | ShutdownSignalException failed) {
            confirmed.completeExceptionally(failure(failed));
        }
        return confirmed;
    }

    private static AMQP.BasicProperties properties(Outgoing message, @Nullable String id) {
        Map<String, Object> headers = new LinkedHashMap<>();
        message.headers().forEach(header -> headers.put(header.name(), header.value()));
        if (message.key() != null) {
            headers.put("polymq-key", message.key());
        }
        return new AMQP.BasicProperties.Builder()
                .deliveryMode(2)
                .contentType(message.contentType())
                .replyTo(message.replyTo())
                .correlationId(message.correlation())
                .messageId(id)
                .expiration(message.ttlMillis() > 0 ? Long.toString(message.ttlMillis()) : null)
                .headers(headers.isEmpty() ? null : headers)
                .build();
    }

    @Override
    public void subscribe(String filter, Consumer<Incoming> taker) {
        try {
            Channel channel = connection.createChannel();
            channel.basicQos(use.prefetch());
            String queue = filter;
            if (!use.queue()) {
                queue = channel.queueDeclare().getQueue();
                channel.queueBind(queue, use.exchange(), filter);
            }
            channel.basicConsume(
                    queue,
                    false,
                    (tag, delivery) -> {
                        taker.accept(read(delivery));
                        channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
                    },
                    tag -> {});
        } catch (IOException | ShutdownSignalException failed) {
            throw failure(failed);
        }
    }

    private static Incoming read(Delivery delivery) {
        AMQP.BasicProperties properties = delivery.getProperties();
        List<Header> headers = new ArrayList<>();
        if (properties.getHeaders() != null) {
            properties
                    .getHeaders()
                    .forEach((name, value) -> headers.add(new Header(name, String.valueOf(value))));
        }
        return new Incoming(
                delivery.getEnvelope().getRoutingKey(),
                delivery.getBody(),
                headers,
                properties.getContentType(),
                properties.getReplyTo(),
                properties.getCorrelationId(),
                properties.getMessageId(),
                null,
                delivery.getEnvelope().isRedeliver() ? "redelivered" : null);
    }

    @Override
    public Incoming request(Outgoing message, Duration patience) {
        String which = UUID.randomUUID().toString();
        CompletableFuture<Incoming> reply = new CompletableFuture<>();
        try {
            synchronized (publishing) {
                publishing.basicConsume(
                        REPLIES,
                        true,
                        (tag, delivery) -> reply.complete(read(delivery)),
                        tag -> {});
            }
            publish(message.repliedTo(REPLIES, which))
                    .exceptionally(
                            failed -> {
                                reply.completeExceptionally(failed);
                                return null;
                            });
            return reply.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof CliException known ? known : failure(failed);
        } catch (IOException | ShutdownSignalException failed) {
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
    public void close() {
        try {
            connection.close(SECONDS * 1000);
        } catch (IOException | ShutdownSignalException alreadyGone) {
            // The connection is gone either way.
        }
    }
}
