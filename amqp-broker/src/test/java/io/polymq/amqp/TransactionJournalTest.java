package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.Publisher;
import io.polymq.amqp.model.TransactionJournal;
import io.polymq.amqp.model.TransactionJournal.Published;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.conformance.TestSecurity;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.TopicSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a commit was about to do when its broker ended: nothing of it, some of it, all of it. */
class TransactionJournalTest {

    private static final int KINDS = 5;
    private static final int[] DONE_BEFORE = {0b00000, 0b10101, 0b01010, 0b11111};
    private static final long LATER_MILLIS = 1_000;
    private static final String TOPIC = "room.heat";

    @TempDir private Path folder;

    private TestAmqp open() {
        return new TestAmqp(TestAmqp.SETTINGS, TestSecurity.open(), folder, 0);
    }

    private static KeptMessage message(
            TestAmqp amqp, String exchange, String key, String text, Map<String, Object> headers) {
        byte[] from = exchange.getBytes(StandardCharsets.UTF_8);
        byte[] to = key.getBytes(StandardCharsets.UTF_8);
        byte[] own =
                BasicProperties.NONE
                        .with(headers.isEmpty() ? null : FieldTable.of(headers), null)
                        .encode();
        byte[] header = new byte[Envelope.size(from.length, to.length, own.length)];
        Envelope.write(from, to, own, 0, own.length, header);
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        return new Message()
                .begin(Subject.ofDotted(key), payload, 0, payload.length)
                .header(amqp.broker.codec(), header, 0, header.length, Envelope.PERSISTENT)
                .keep();
    }

    private static Published published(
            TestAmqp amqp, String exchange, String key, String text, boolean delay, long at) {
        VirtualHost host = amqp.broker.hosts().find("/");
        Exchange to = host.exchange(exchange);
        Map<String, Object> headers = delay ? Map.of("x-delay", LATER_MILLIS) : Map.of();
        KeptMessage message = message(amqp, exchange, key, text, headers);
        return new Published(to, key, List.of(), message, at);
    }

    private static CompletableFuture<Void> carryOut(
            Publisher publisher, Published one, long entry, int index) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt =
                new Receipt(
                        failure -> {
                            assertThat(failure).isNull();
                            safe.complete(null);
                        });
        Message lent = new Message();
        TransactionJournal.marked(one.message(), entry, index)
                .lendTo(lent)
                .receipt(receipt)
                .origin(TransactionJournal.origin(entry, index));
        if (one.at() >= 0) {
            publisher.publishAt(one.exchange(), lent, one.at());
        } else {
            publisher.publish(one.exchange(), one.key(), one.copies(), lent);
        }
        receipt.seal();
        return safe;
    }

    private static List<String> take(Channel channel, String queue, String last) throws Exception {
        List<String> found = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!found.contains(last)) {
            assertThat(System.nanoTime()).as("%s in %s of %s", last, found, queue).isLessThan(end);
            GetResponse got = channel.basicGet(queue, true);
            if (got != null) {
                found.add(new String(got.getBody(), StandardCharsets.UTF_8));
            } else {
                Thread.onSpinWait();
            }
        }
        found.remove(last);
        return found;
    }

    @Test
    void whatWasDoneIsNotDoneAgainAndWhatWasNotIsDone() throws Exception {
        try (TestAmqp amqp = open()) {
            Channel channel = amqp.connect().createChannel();
            for (String queue : List.of("plain", "heard", "late", "timed")) {
                channel.queueDeclare(queue, true, false, false, null);
            }
            channel.queueBind("heard", "amq.topic", "room.#");
            Map<String, Object> kind = Map.of("x-delayed-type", "direct");
            channel.exchangeDeclare("later", "x-delayed-message", true, false, kind);
            channel.queueBind("late", "later", "k");
            amqp.broker.topics().create("default", TopicSpec.of(TOPIC, 1)).join();
            Publisher publisher = amqp.broker.hosts().newPublisher();
            for (int done : DONE_BEFORE) {
                long at = System.currentTimeMillis() + LATER_MILLIS;
                List<Published> all =
                        List.of(
                                published(amqp, "", "plain", "t" + done, false, -1),
                                published(amqp, "amq.topic", TOPIC, "t" + done, false, -1),
                                published(amqp, "later", "k", "t" + done, true, -1),
                                published(amqp, "", "timed", "t" + done, false, at),
                                published(amqp, "amq.topic", TOPIC, "u" + done, false, -1));
                long entry = amqp.broker.journal().begin(all, List.of()).join();
                for (int i = 0; i < KINDS; i++) {
                    if ((done >> i & 1) != 0) {
                        carryOut(publisher, all.get(i), entry, i).join();
                    }
                }
            }
        }
        try (TestAmqp amqp = open()) {
            Channel channel = amqp.connect().createChannel();
            List<String> once = new ArrayList<>();
            List<String> twice = new ArrayList<>();
            for (int done : DONE_BEFORE) {
                once.add("t" + done);
                twice.add("t" + done);
                twice.add("u" + done);
            }
            Publisher publisher = amqp.broker.hosts().newPublisher();
            long last = System.currentTimeMillis() + 2 * LATER_MILLIS;
            for (String queue : List.of("plain", "heard", "late", "timed")) {
                Published end = published(amqp, "", queue, "end", false, last);
                publisher.publishAt(end.exchange(), end.message().lendTo(new Message()), last);
            }
            assertThat(take(channel, "plain", "end")).containsExactlyInAnyOrderElementsOf(once);
            assertThat(take(channel, "heard", "end")).containsExactlyInAnyOrderElementsOf(twice);
            assertThat(take(channel, "late", "end")).containsExactlyInAnyOrderElementsOf(once);
            assertThat(take(channel, "timed", "end")).containsExactlyInAnyOrderElementsOf(once);
            assertThat(
                            amqp.broker
                                    .topics()
                                    .find("default", TOPIC)
                                    .orElseThrow()
                                    .partition(0)
                                    .highWatermark())
                    .isEqualTo(twice.size());
        }
    }
}
