package io.polymq.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is published, and how often: options of every {@code pub} and {@code request}. */
final class Publication {
    private static final long SECONDS_FOR_ALL = 60;
    private static final int AT_ONCE = 1_000;

    @Parameters(index = "0", paramLabel = "SUBJECT", description = "topic, subject, key or queue")
    private String subject = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "MESSAGE",
            description = "the payload; without it and --file, standard input is")
    private @Nullable String text;

    @Option(
            names = {"-f", "--file"},
            description = "a file whose bytes are the payload")
    private @Nullable Path file;

    @Option(names = "--lines", description = "each line of standard input is a message")
    private boolean lines;

    @Option(
            names = {"-H", "--header"},
            paramLabel = "NAME=VALUE",
            description = "repeatable")
    private List<String> headers = new ArrayList<>();

    @Option(names = "--content-type")
    private @Nullable String contentType;

    @Option(names = "--reply-to")
    private @Nullable String replyTo;

    @Option(names = "--correlation")
    private @Nullable String correlation;

    @Option(names = "--message-id")
    private @Nullable String messageId;

    @Option(names = "--key", description = "what chooses the partition")
    private @Nullable String key;

    @Option(names = "--ttl", paramLabel = "MILLIS", defaultValue = "0", description = "0: for ever")
    private long ttlMillis;

    @Option(
            names = {"-n", "--count"},
            defaultValue = "1",
            description = "so many times the same")
    private int count;

    @Option(names = "--json", description = "says what was done as JSON")
    private boolean json;

    private Outgoing message(byte[] payload) {
        List<Header> all = new ArrayList<>();
        for (String header : headers) {
            int equals = header.indexOf('=');
            if (equals <= 0) {
                throw new CliException(
                        ExitStatus.USAGE, "A header is NAME=VALUE, not '" + header + "'.");
            }
            all.add(new Header(header.substring(0, equals), header.substring(equals + 1)));
        }
        return new Outgoing(
                subject,
                payload,
                all,
                contentType,
                replyTo,
                correlation,
                messageId,
                key,
                ttlMillis);
    }

    private byte[] payload(Session session) {
        if (text != null) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (file != null) {
            return Files.bytes(file);
        }
        try {
            return session.in().readAllBytes();
        } catch (IOException failed) {
            throw new CliException(ExitStatus.IO, "Standard input cannot be read.", failed);
        }
    }

    /** Publishes all, and ends well when all were acknowledged. */
    int publish(Session session, Messenger messenger) {
        List<CompletableFuture<Void>> open = new ArrayList<>();
        long published = 0;
        try (messenger;
                BufferedReader reader =
                        new BufferedReader(
                                new InputStreamReader(session.in(), StandardCharsets.UTF_8))) {
            if (lines) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    open.add(messenger.publish(message(line.getBytes(StandardCharsets.UTF_8))));
                    published++;
                    settle(open, AT_ONCE);
                }
            } else {
                Outgoing message = message(payload(session));
                for (; published < count; published++) {
                    open.add(messenger.publish(message));
                    settle(open, AT_ONCE);
                }
            }
            settle(open, 1);
        } catch (IOException failed) {
            throw new CliException(ExitStatus.IO, "Standard input cannot be read.", failed);
        }
        if (json) {
            new Printer(session.out(), true)
                    .line(AdminApi.object().put("subject", subject).put("published", published));
        }
        return ExitStatus.OK.number();
    }

    private static void settle(List<CompletableFuture<Void>> open, int from) {
        if (open.size() < from) {
            return;
        }
        for (CompletableFuture<Void> one : open) {
            try {
                one.get(SECONDS_FOR_ALL, TimeUnit.SECONDS);
            } catch (ExecutionException failed) {
                throw failed.getCause() instanceof CliException known
                        ? known
                        : new CliException(
                                ExitStatus.INCOMPLETE, String.valueOf(failed.getMessage()), failed);
            } catch (TimeoutException late) {
                throw new CliException(
                        ExitStatus.LATER, "There was no acknowledgement in time.", late);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new CliException(ExitStatus.INCOMPLETE, "Interrupted.", interrupted);
            }
        }
        open.clear();
    }

    /** Publishes one and prints the answer. */
    int request(Session session, Messenger messenger, double seconds) {
        try (messenger) {
            Incoming reply =
                    messenger.request(
                            message(payload(session)), Duration.ofMillis((long) (seconds * 1000)));
            Subscription.print(session, reply, json, false);
            return ExitStatus.OK.number();
        }
    }
}
