package io.polymq.conformance;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.topic.Topic;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.Login;
import io.polymq.network.Outbox;
import io.polymq.network.ProtocolHandler;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Slice;
import io.prometheus.metrics.core.metrics.Counter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One client of the toy protocol. On the connection's loop; what comes from other threads (a
 * queue's delivery, a topic's answer) only appends to the outbox, which any thread may.
 */
final class LineConnection implements ProtocolHandler {

    private static final int MOST_READ = 64 << 10;
    private static final String TENANT = "default";

    private final Connection connection;
    private final LineBrokerParams params;
    private final Counter lines;
    private final Router.Space space;
    private final RouteCache cache;
    private final Message message = new Message();
    private final List<Router.Subscription> subscriptions = new ArrayList<>();
    private final Map<String, Queue.Consumption> consumptions = new HashMap<>();

    LineConnection(Connection connection, LineBrokerParams params, Counter lines) {
        this.connection = connection;
        this.params = params;
        this.lines = lines;
        space = params.router().space(TENANT);
        cache = params.router().newCache(64);
    }

    @Override
    public void read(ByteBuf in) {
        while (connection.isOpen()) {
            int end = in.forEachByte(ByteProcessor.FIND_LF);
            if (end < 0) {
                return;
            }
            String line =
                    in.toString(in.readerIndex(), end - in.readerIndex(), StandardCharsets.UTF_8);
            in.readerIndex(end + 1);
            lines.inc();
            obey(line.split(" ", 3));
        }
    }

    private void obey(String[] words) {
        String first = words.length > 1 ? words[1] : "";
        String second = words.length > 2 ? words[2] : "";
        if (words[0].equals("HELLO") && connection.login() == null) {
            hello(first);
            return;
        }
        if (connection.login() == null) {
            refuse("who are you", CloseReason.Kind.NOT_AUTHENTICATED);
            return;
        }
        try {
            switch (words[0]) {
                case "PING" -> say("PONG " + first);
                case "SUB" -> subscribe(first);
                case "PUB" -> publish(first, second);
                case "READ" -> readTopic(first, Long.parseLong(second));
                case "PUT" -> put(first, second);
                case "TAKE" -> take(first);
                case "ACK" -> acknowledge(first, Long.parseLong(second));
                default -> refuse("what is " + words[0], CloseReason.Kind.PROTOCOL_ERROR);
            }
        } catch (InvalidSubjectException | NumberFormatException bad) {
            refuse("what is " + first + " " + second, CloseReason.Kind.PROTOCOL_ERROR);
        }
    }

    private void hello(String name) {
        if (name.equals("nobody")) {
            refuse("not you", CloseReason.Kind.NOT_AUTHENTICATED);
        } else if (connection.loggedIn(new Login(TENANT, name, name))) {
            say("OK");
        } else {
            refuse("too many", CloseReason.Kind.LIMIT_EXCEEDED);
        }
    }

    private void subscribe(String filter) throws InvalidSubjectException {
        subscriptions.add(
                space.subscribe(
                        Dialect.NATS.parse(filter),
                        null,
                        false,
                        borrowed -> {
                            say("MSG " + borrowed.subject() + " " + text(borrowed));
                            return connection.isOpen();
                        }));
        say("OK");
    }

    private void publish(String subject, String text) throws InvalidSubjectException {
        connection.countMessages(1);
        Receipt receipt = new Receipt(failure -> say(failure == null ? "DONE" : "LOST"));
        space.publish(cache, message(subject, text).receipt(receipt));
        receipt.seal();
    }

    private Message message(String subject, String text) throws InvalidSubjectException {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        return message.begin(Dialect.NATS.subject(subject), payload, 0, payload.length)
                .publisher(connection.id());
    }

    private void readTopic(String name, long offset) {
        Topic topic = params.topics().find(TENANT, name).orElse(null);
        if (topic == null) {
            say("NO topic " + name);
            return;
        }
        topic.partition(0)
                .read(offset, MOST_READ, true)
                .whenComplete(
                        (found, failure) -> {
                            if (failure == null) {
                                say(found, offset);
                            } else {
                                say("NO " + failure.getMessage());
                            }
                        });
    }

    private void say(ReadResult found, long offset) {
        RecordBatchCursor cursor = new RecordBatchCursor();
        long next = offset;
        try (found) {
            for (Slice slice : found.slices()) {
                cursor.reset(slice.toBuffer());
                while (cursor.next()) {
                    ByteBuffer value = cursor.value();
                    if (cursor.offset() >= offset && value != null) {
                        say(
                                "REC "
                                        + cursor.offset()
                                        + " "
                                        + StandardCharsets.UTF_8.decode(value.duplicate()));
                    }
                    next = cursor.offset() + 1;
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        say("END " + next);
    }

    private void put(String name, String text) throws InvalidSubjectException {
        connection.countMessages(1);
        Queue queue = params.queues().find(TENANT, name).orElse(null);
        if (queue == null) {
            say("NO queue " + name);
            return;
        }
        Receipt receipt = new Receipt(failure -> say(failure == null ? "DONE" : "LOST"));
        receipt.expect();
        queue.publish(message(name, text).keep(), receipt);
        receipt.seal();
    }

    private void take(String name) {
        Queue.Consumption held = consumptions.get(name);
        if (held != null) {
            held.credit(1);
            return;
        }
        Queue queue = params.queues().find(TENANT, name).orElse(null);
        if (queue == null) {
            say("NO queue " + name);
        } else {
            consumptions.put(
                    name,
                    queue.consume(new Queue.ConsumerSpec(1, 0, false, false, "line"), new Taker()));
        }
    }

    private void acknowledge(String name, long offset) {
        Queue.Consumption held = consumptions.get(name);
        if (held == null) {
            say("NO queue " + name);
            return;
        }
        Receipt receipt = new Receipt(failure -> say(failure == null ? "DONE" : "LOST"));
        receipt.expect();
        held.ack(offset, receipt);
        receipt.seal();
    }

    /** Hands on what a queue delivers; in the queue's zone. */
    private final class Taker implements Queue.Consumer {

        @Override
        public boolean deliver(QueuedMessage queued, Queue.Consumption consumption) {
            String text = new String(queued.message().payload(), StandardCharsets.UTF_8);
            say("GOT " + queued.offset() + " " + text);
            return connection.isOpen();
        }

        @Override
        public void cancelled(String reason) {
            say("NO " + reason);
        }
    }

    private static String text(Message borrowed) {
        return new String(
                borrowed.payload(),
                borrowed.payloadOffset(),
                borrowed.payloadLength(),
                StandardCharsets.UTF_8);
    }

    private void refuse(String why, CloseReason.Kind kind) {
        say("NO " + why);
        connection.close(new CloseReason(kind, why));
    }

    private void say(String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        Outbox outbox = connection.outbox();
        outbox.append(bytes, 0, bytes.length);
    }

    /** A client that does not read its answers may not ask more. */
    @Override
    public void writable(boolean writable) {
        if (writable) {
            connection.resumeReading();
        } else {
            connection.pauseReading();
        }
    }

    @Override
    public void ending(CloseReason reason) {
        say("BYE " + reason.kind());
        connection.close(reason);
    }

    @Override
    public void closed(CloseReason reason) {
        subscriptions.forEach(Router.Subscription::close);
        consumptions.values().forEach(Queue.Consumption::close);
    }
}
