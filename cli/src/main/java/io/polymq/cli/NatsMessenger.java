package io.polymq.cli;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamStatusException;
import io.nats.client.Message;
import io.nats.client.MessageConsumer;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.OrderedConsumerContext;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.OrderedConsumerConfiguration;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** NATS and JetStream, over jnats. Any thread. */
final class NatsMessenger implements Messenger {
    static final int PORT = 4222;
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** How a command uses NATS. */
    record Use(boolean acknowledged, @Nullable String stream, boolean fromBeginning, String group) {
        static final Use CORE = new Use(false, null, false, "");
    }

    private final Connection connection;
    private final Use use;
    private final AtomicReference<@Nullable String> error;
    private @Nullable MessageConsumer reading;

    private NatsMessenger(Connection connection, Use use, AtomicReference<@Nullable String> error) {
        this.connection = connection;
        this.use = use;
        this.error = error;
    }

    static NatsMessenger connect(ServerTarget.Address to, Use use) {
        AtomicReference<@Nullable String> error = new AtomicReference<>();
        Options.Builder options =
                Options.builder()
                        .server(
                                (to.trust() == null ? "nats://" : "tls://")
                                        + to.host()
                                        + ':'
                                        + to.port())
                        .connectionTimeout(PATIENCE)
                        .reportNoResponders()
                        .noReconnect()
                        .errorListener(
                                new ErrorListener() {
                                    @Override
                                    public void errorOccurred(Connection from, String what) {
                                        error.set(what);
                                    }
                                });
        if (to.trust() != null) {
            options.sslContext(to.trust().context());
        }
        Login login = to.login();
        if (login != null) {
            options.userInfo(login.user(), login.password());
        }
        try {
            return new NatsMessenger(Nats.connect(options.build()), use, error);
        } catch (AuthenticationException refused) {
            throw new CliException(
                    ExitStatus.NOT_PERMITTED, "The broker refuses the login.", refused);
        } catch (IOException unreachable) {
            throw new CliException(
                    ExitStatus.UNAVAILABLE,
                    "Nobody answers: " + unreachable.getMessage() + ".",
                    unreachable);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CliException(ExitStatus.INCOMPLETE, "Interrupted.", interrupted);
        }
    }

    private static Message message(Outgoing outgoing) {
        NatsMessage.Builder message =
                NatsMessage.builder()
                        .subject(outgoing.subject())
                        .replyTo(outgoing.replyTo())
                        .data(outgoing.payload());
        Headers headers = new Headers();
        outgoing.headers().forEach(header -> headers.add(header.name(), header.value()));
        add(headers, "Content-Type", outgoing.contentType());
        add(headers, "Correlation-Id", outgoing.correlation());
        add(headers, "Nats-Msg-Id", outgoing.messageId());
        add(headers, "polymq-key", outgoing.key());
        return headers.isEmpty() ? message.build() : message.headers(headers).build();
    }

    private static void add(Headers headers, String name, @Nullable String value) {
        if (value != null) {
            headers.add(name, value);
        }
    }

    @Override
    public CompletableFuture<Void> publish(Outgoing message) {
        try {
            if (!use.acknowledged()) {
                connection.publish(message(message));
                return CompletableFuture.completedFuture(null);
            }
            return connection
                    .jetStream()
                    .publishAsync(message(message))
                    .handle(
                            (acknowledged, failed) -> {
                                if (failed != null) {
                                    throw failure(failed);
                                }
                                return null;
                            });
        } catch (IOException | IllegalStateException broken) {
            return CompletableFuture.failedFuture(failure(broken));
        }
    }

    private static CliException failure(Throwable thrown) {
        Throwable failed = thrown;
        while ((failed instanceof CompletionException
                        || failed instanceof ExecutionException
                        || failed instanceof RuntimeException && !(failed instanceof CliException))
                && failed.getCause() != null) {
            failed = failed.getCause();
        }
        return switch (failed) {
            case CliException known -> known;
            case JetStreamApiException refused ->
                    new CliException(
                            refused.getErrorCode() == 404
                                    ? ExitStatus.NOT_FOUND
                                    : ExitStatus.REFUSED,
                            "The broker refuses it: " + refused.getErrorDescription() + ".",
                            failed);
            case JetStreamStatusException nobody ->
                    new CliException(ExitStatus.NOT_FOUND, "Nobody listens there.", failed);
            default ->
                    new CliException(
                            ExitStatus.UNAVAILABLE, "It failed: " + failed.getMessage(), failed);
        };
    }

    @Override
    public void subscribe(String filter, Consumer<Incoming> taker) {
        try {
            if (use.stream() != null) {
                reading = read(use.stream(), filter, taker);
                return;
            }
            Dispatcher dispatcher =
                    connection.createDispatcher(message -> taker.accept(read(message)));
            if (use.group().isEmpty()) {
                dispatcher.subscribe(filter);
            } else {
                dispatcher.subscribe(filter, use.group());
            }
            flush();
        } catch (IOException | JetStreamApiException refused) {
            throw failure(refused);
        }
    }

    private MessageConsumer read(String stream, String filter, Consumer<Incoming> taker)
            throws IOException, JetStreamApiException {
        OrderedConsumerConfiguration from =
                new OrderedConsumerConfiguration()
                        .filterSubject(filter)
                        .deliverPolicy(use.fromBeginning() ? DeliverPolicy.All : DeliverPolicy.New);
        OrderedConsumerContext consumer =
                connection.getStreamContext(stream).createOrderedConsumer(from);
        return consumer.consume(message -> taker.accept(read(message)));
    }

    private static Incoming read(Message message) {
        List<Header> headers = new ArrayList<>();
        if (message.getHeaders() != null) {
            message.getHeaders()
                    .forEach(
                            (name, values) ->
                                    values.forEach(value -> headers.add(new Header(name, value))));
        }
        return new Incoming(
                message.getSubject(),
                message.getData(),
                headers,
                null,
                message.isJetStream() ? null : message.getReplyTo(),
                null,
                null,
                null,
                message.isJetStream()
                        ? message.metaData().getStream() + '/' + message.metaData().streamSequence()
                        : null);
    }

    private void flush() {
        try {
            connection.flush(PATIENCE);
        } catch (TimeoutException late) {
            throw new CliException(ExitStatus.LATER, "The broker does not answer.", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CliException(ExitStatus.INCOMPLETE, "Interrupted.", interrupted);
        }
        String said = error.get();
        if (said != null) {
            throw new CliException(
                    said.toLowerCase(java.util.Locale.ROOT).contains("permissions")
                            ? ExitStatus.NOT_PERMITTED
                            : ExitStatus.REFUSED,
                    "The broker says: " + said + ".");
        }
    }

    @Override
    public Incoming request(Outgoing message, Duration patience) {
        try {
            return read(
                    connection
                            .requestWithTimeout(message(message), patience)
                            .get(patience.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException failed) {
            throw failure(failed);
        } catch (TimeoutException | CancellationException late) {
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
            if (reading != null) {
                reading.stop();
            }
            if (connection.getStatus() == Connection.Status.CONNECTED) {
                flush();
            }
            connection.close();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
