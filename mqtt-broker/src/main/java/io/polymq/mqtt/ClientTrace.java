package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down what goes back and forth between the broker and the clients that its rules name, a
 * line for each packet. Lines that come faster than the device takes them are left out and counted;
 * nobody waits for the file. Any thread; the file is written by one task at a time.
 */
final class ClientTrace {

    private static final Logger LOG = LoggerFactory.getLogger(ClientTrace.class);
    private static final int WAITING_LINES = 16_384;

    private final MqttSettings.TraceSettings settings;
    private final InstantSource clock;
    private final Executor executor;
    private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(WAITING_LINES);
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicLong leftOut = new AtomicLong();
    private volatile List<Rule> rules = List.of();
    private volatile List<String> written = List.of();

    /** Whom a rule means. */
    private sealed interface Rule {}

    private record OfClient(String id) implements Rule {}

    private record OfTopic(Filter filter) implements Rule {}

    private record OfAddress(String address) implements Rule {}

    /**
     * @param executor may wait for the device
     */
    ClientTrace(MqttSettings.TraceSettings settings, InstantSource clock, Executor executor) {
        this.settings = settings;
        this.clock = clock;
        this.executor = executor;
        rules(settings.rules());
    }

    /** From now on these hold and no others. */
    void rules(List<String> wanted) {
        List<Rule> read = new ArrayList<>(wanted.size());
        for (String rule : wanted) {
            read.add(rule(rule.trim()));
        }
        rules = List.copyOf(read);
        written = List.copyOf(wanted);
    }

    /** The rules that hold. */
    List<String> written() {
        return written;
    }

    private static Rule rule(String written) {
        int space = written.indexOf(' ');
        String of = space < 0 ? written : written.substring(0, space);
        String what = space < 0 ? "" : written.substring(space + 1).trim();
        try {
            return switch (what.isEmpty() ? "" : of.toLowerCase(Locale.ROOT)) {
                case "client" -> new OfClient(what);
                case "topic" -> new OfTopic(Dialect.MQTT.parse(what));
                case "address" -> new OfAddress(what);
                default ->
                        throw new IllegalArgumentException(
                                "a trace is \"client ID\", \"topic FILTER\" or \"address IP\", not"
                                        + " \""
                                        + written
                                        + '"');
            };
        } catch (InvalidSubjectException e) {
            throw new IllegalArgumentException(what + " is no filter", e);
        }
    }

    /** The rest is not worth asking while this is false. */
    boolean isOn() {
        return !rules.isEmpty();
    }

    /** A packet other than PUBLISH. */
    void packet(MqttConnection connection, String direction, MqttPacket packet) {
        if (isOf(connection)) {
            write(connection, direction + ' ' + TraceText.of(packet));
        }
    }

    void publish(
            MqttConnection connection,
            String direction,
            Subject subject,
            int qos,
            boolean retain,
            int packetId,
            int bytes) {
        if (isOf(subject) || isOf(connection)) {
            write(
                    connection,
                    direction + ' ' + TraceText.publish(subject, qos, retain, packetId, bytes));
        }
    }

    void ack(MqttConnection connection, int packetType, int packetId, ReasonCode reason) {
        if (isOf(connection)) {
            write(connection, "sent " + TraceText.ack(packetType, packetId, reason));
        }
    }

    void ended(MqttConnection connection, String why) {
        if (isOf(connection)) {
            write(connection, "closed " + why);
        }
    }

    private boolean isOf(MqttConnection connection) {
        for (Rule rule : rules) {
            boolean meant =
                    switch (rule) {
                        case OfClient client -> client.id().equals(connection.clientId());
                        case OfAddress address ->
                                address.address().equals(ip(connection.connection().remote()));
                        case OfTopic topic -> false;
                    };
            if (meant) {
                return true;
            }
        }
        return false;
    }

    private boolean isOf(Subject subject) {
        for (Rule rule : rules) {
            if (rule instanceof OfTopic topic && topic.filter().matches(subject)) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable String ip(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : null;
    }

    private void write(MqttConnection connection, String what) {
        String line =
                Instant.ofEpochMilli(clock.millis())
                        + " "
                        + TraceText.quoted(connection.clientId())
                        + ' '
                        + connection.connection().remote()
                        + ' '
                        + what
                        + '\n';
        if (!lines.offer(line)) {
            leftOut.incrementAndGet();
        }
        if (scheduled.compareAndSet(false, true)) {
            executor.execute(this::drain);
        }
    }

    private void drain() {
        do {
            writeOut();
            scheduled.set(false);
        } while (!lines.isEmpty() && scheduled.compareAndSet(false, true));
    }

    private void writeOut() {
        List<String> taken = new ArrayList<>();
        lines.drainTo(taken);
        StringBuilder text = new StringBuilder();
        taken.forEach(text::append);
        long missing = leftOut.getAndSet(0);
        if (missing > 0) {
            text.append("... ").append(missing).append(" packets are not listed\n");
        }
        try {
            append(text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException | UncheckedIOException e) {
            LOG.atWarn()
                    .addKeyValue("file", settings.file())
                    .setCause(e)
                    .log("the trace cannot be written");
        }
    }

    private void append(byte[] bytes) throws IOException {
        Path file = settings.file();
        if (Files.exists(file) && Files.size(file) + bytes.length > settings.maxBytes()) {
            Files.move(
                    file,
                    file.resolveSibling(file.getFileName() + ".1"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
