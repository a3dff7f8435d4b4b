package io.polymq.cli;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is read and how it is shown: options of every {@code sub}. */
final class Subscription {
    @Parameters(paramLabel = "SUBJECT", description = "topic, subject, filter or queue")
    private String subject = "";

    @Option(
            names = {"-n", "--count"},
            defaultValue = "0",
            description = "ends after so many; 0: never by itself")
    private long count;

    @Option(
            names = {"-w", "--timeout"},
            paramLabel = "SECONDS",
            defaultValue = "0",
            description = "ends after so long, with 1 when --count were not there; 0: waits")
    private double timeout;

    @Option(names = "--json", description = "each message as one line of JSON")
    private boolean json;

    @Option(
            names = {"-v", "--verbose"},
            description = "with subject and headers")
    private boolean verbose;

    int run(Session session, Messenger messenger) {
        CountDownLatch enough = new CountDownLatch(1);
        AtomicLong seen = new AtomicLong();
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().unstarted(() -> session.out().flush()));
        try (messenger) {
            messenger.subscribe(
                    subject,
                    message -> {
                        long number = seen.incrementAndGet();
                        if (count == 0 || number <= count) {
                            print(session, message, json, verbose);
                        }
                        if (number == count) {
                            enough.countDown();
                        }
                    });
            if (timeout <= 0) {
                enough.await();
                return ExitStatus.OK.number();
            }
            boolean all = enough.await((long) (timeout * 1000), TimeUnit.MILLISECONDS);
            return (all || count == 0 ? ExitStatus.OK : ExitStatus.INCOMPLETE).number();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return ExitStatus.INCOMPLETE.number();
        }
    }

    /** On whatever thread the message came: one at a time on the stream. */
    static void print(Session session, Incoming message, boolean json, boolean verbose) {
        if (json) {
            new Printer(session.out(), true).line(message.json());
            return;
        }
        StringBuilder head = new StringBuilder();
        if (verbose) {
            head.append(message.subject()).append(' ');
            message.headers()
                    .forEach(
                            header ->
                                    head.append('[')
                                            .append(header.name())
                                            .append('=')
                                            .append(header.value())
                                            .append("] "));
        }
        byte[] begin = head.toString().getBytes(StandardCharsets.UTF_8);
        byte[] line = new byte[begin.length + message.payload().length + 1];
        System.arraycopy(begin, 0, line, 0, begin.length);
        System.arraycopy(message.payload(), 0, line, begin.length, message.payload().length);
        line[line.length - 1] = '\n';
        session.out().write(line, 0, line.length);
        session.out().flush();
    }
}
