package io.polymq.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RetainedStoreTest {

    private final ServiceYard yard = new ServiceYard();
    private RetainedStore retained = open(RetainedStore.Limits.DEFAULT);

    private RetainedStore open(RetainedStore.Limits limits) {
        return yard.get(
                RetainedStore.open(
                        new RetainedStore.Params(
                                yard.store,
                                yard.zone,
                                new MessageRecords(List.of()),
                                limits,
                                Runnable::run)));
    }

    @AfterEach
    void close() {
        yard.close();
    }

    private static KeptMessage message(String subject, String payload, long expiresAt) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        return new Message()
                .begin(Subject.ofDotted(subject), bytes, 0, bytes.length)
                .properties(
                        new MessageProperties(
                                "text/plain", null, null, null, -1, expiresAt, -1, true, List.of()))
                .keep();
    }

    private void put(String subject, String payload) {
        assertThat(tryPut(subject, payload)).isNull();
    }

    private Throwable tryPut(String subject, String payload) {
        Throwable[] failure = new Throwable[1];
        boolean[] done = new boolean[1];
        Receipt receipt =
                new Receipt(
                        cause -> {
                            failure[0] = cause;
                            done[0] = true;
                        });
        receipt.expect();
        receipt.seal();
        retained.put("t", message(subject, payload, -1), receipt);
        yard.await(() -> done[0]);
        return failure[0];
    }

    private List<String> scan(String filter) throws Exception {
        List<String> found = new ArrayList<>();
        RetainedMessages.Scan scan = retained.scan("t", Dialect.MQTT.parse(filter));
        while (scan.next(2, r -> found.add(r.message().subject().toString()))) {
            // on
        }
        return found;
    }

    @Test
    void theLastMessageOfASubjectIsKeptAndAnEmptyOneRemovesIt() {
        put("a.b", "1");
        put("a.b", "2");
        assertThat(payload("a.b")).isEqualTo("2");
        assertThat(retained.count("t")).isEqualTo(1);
        put("a.b", "");
        assertThat(retained.get("t", Subject.ofDotted("a.b"))).isNull();
        assertThat(retained.count("t")).isZero();
        assertThat(retained.bytes("t")).isZero();
        assertThat(retained.get("other", Subject.ofDotted("a.b"))).isNull();
    }

    private String payload(String subject) {
        RetainedMessages.Retained found = retained.get("t", Subject.ofDotted(subject));
        assertThat(found).isNotNull();
        return new String(found.message().payload(), StandardCharsets.UTF_8);
    }

    @Test
    void wildcardsFindEachMatchOnce() throws Exception {
        for (String subject : List.of("a", "a.b", "a.c", "a.b.c", "b.b", "$SYS.x", "a.")) {
            put(subject, "x");
        }
        assertThat(scan("#")).containsExactlyInAnyOrder("a", "a.b", "a.c", "a.b.c", "b.b", "a.");
        assertThat(scan("a/#")).containsExactlyInAnyOrder("a", "a.b", "a.c", "a.b.c", "a.");
        assertThat(scan("a/+")).containsExactlyInAnyOrder("a.b", "a.c", "a.");
        assertThat(scan("+/b")).containsExactlyInAnyOrder("a.b", "b.b");
        assertThat(scan("$SYS/#")).containsExactly("$SYS.x");
        assertThat(scan("a/b")).containsExactly("a.b");
        assertThat(scan("+/+/+")).containsExactly("a.b.c");
        assertThat(scan("none/#")).isEmpty();
    }

    @Test
    void aWalkAgreesWithTheFilter() throws Exception {
        Random random = new Random(42);
        String[] words = {"a", "b", "c", ""};
        TreeSet<String> subjects = new TreeSet<>();
        for (int i = 0; i < 300; i++) {
            StringBuilder subject = new StringBuilder(words[random.nextInt(3)]);
            for (int l = random.nextInt(4); l > 0; l--) {
                subject.append('.').append(words[random.nextInt(4)]);
            }
            subjects.add(subject.toString());
        }
        subjects.forEach(s -> put(s, "x"));
        String[] parts = {"a", "b", "*", "#", "*", "#"};
        for (int i = 0; i < 500; i++) {
            StringBuilder text = new StringBuilder(parts[random.nextInt(6)]);
            for (int l = random.nextInt(5); l > 0; l--) {
                text.append('.').append(parts[random.nextInt(6)]);
            }
            var filter = Dialect.AMQP.parse(text.toString());
            List<String> found = new ArrayList<>();
            RetainedMessages.Scan scan = retained.scan("t", filter);
            while (scan.next(7, r -> found.add(r.message().subject().toString()))) {
                // on
            }
            assertThat(found)
                    .as(text.toString())
                    .containsExactlyInAnyOrderElementsOf(
                            subjects.stream()
                                    .filter(s -> filter.matches(Subject.ofDotted(s)))
                                    .toList());
        }
    }

    @Test
    void whatWasRetainedSurvivesARestart() {
        put("a.b", "1");
        put("a.b", "2");
        put("gone", "x");
        put("gone", "");
        retained = open(RetainedStore.Limits.DEFAULT);
        assertThat(payload("a.b")).isEqualTo("2");
        assertThat(retained.count("t")).isEqualTo(1);
        assertThat(
                        retained.get("t", Subject.ofDotted("a.b"))
                                .message()
                                .lendTo(new Message())
                                .properties()
                                .contentType())
                .isEqualTo("text/plain");
    }

    @Test
    void anExpiredMessageIsNeitherFoundNorKept() {
        retained.put("t", message("a", "x", ServiceYard.EPOCH + 1000), null);
        yard.settle();
        assertThat(retained.get("t", Subject.ofDotted("a"))).isNotNull();
        yard.pass(Duration.ofSeconds(1));
        assertThat(retained.get("t", Subject.ofDotted("a"))).isNull();
        assertThat(retained.count("t")).isZero();
    }

    @Test
    void limitsRefuseMoreButNotReplacements() {
        retained = open(new RetainedStore.Limits(2, 100, 10));
        put("a", "1");
        put("b", "1");
        assertThat(tryPut("c", "1")).isInstanceOf(RetainedMessages.RetainedException.class);
        put("a", "2");
        assertThat(tryPut("a", "12345678901")).hasMessageContaining("payload");
        put("a", "");
        put("c", "1");
        retained.clear("t", null);
        assertThat(retained.count("t")).isZero();
    }
}
