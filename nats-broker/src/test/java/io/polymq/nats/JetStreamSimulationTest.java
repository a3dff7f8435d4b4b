package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.nats.JetStreamClient.Delivery;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A stream with limits and three consumers against a model of some lines, step by step: publishes
 * with conditions, deletes, purges, pulls, acknowledgements of all kinds, restarts. The same seed
 * gives the same steps.
 */
class JetStreamSimulationTest {

    private static final int STEPS = 400;
    private static final int PER_SUBJECT = 4;
    private static final int MOST = 30;
    private static final String[] SUBJECTS = {"s.a", "s.b", "s.c", "s.d.e"};
    private static final String[] FILTERS = {"", "s.a", "s.d.>"};

    private record Stored(String subject, String text) {}

    /** What a consumer should be. */
    private static final class Model {
        final String filter;
        final TreeMap<Long, Delivery> held = new TreeMap<>();
        final LinkedHashMap<Long, Delivery> again = new LinkedHashMap<>();
        long next = 1;

        Model(String filter) {
            this.filter = filter;
        }

        /** What was to come again comes when its time to be acknowledged is over. */
        void restarted() {
            held.putAll(again);
            again.clear();
        }

        boolean wants(String subject) {
            return filter.isEmpty()
                    || (filter.endsWith(">")
                            ? subject.startsWith(filter.substring(0, filter.length() - 1))
                            : subject.equals(filter));
        }
    }

    private final TreeMap<Long, Stored> messages = new TreeMap<>();
    private final List<Model> models = new ArrayList<>();
    private final Map<String, Long> ids = new HashMap<>();
    private final Set<String> uncertain = new HashSet<>();
    private long last;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void doesWhatTheModelDoes(long seed, @TempDir Path folder) throws Exception {
        Random random = new Random(seed);
        TestNats nats = TestNats.streaming(folder);
        JetStreamClient client = new JetStreamClient(nats.address());
        create(client);
        for (int step = 0; step < STEPS; step++) {
            if (random.nextInt(200) == 0) {
                client.close();
                nats.close();
                nats = TestNats.streaming(folder);
                client = new JetStreamClient(nats.address());
                models.forEach(Model::restarted);
                forgetIdsOfRemovedMessages();
            }
            act(client, random, step);
            if (step % 10 == 0) {
                compare(client);
            }
        }
        compare(client);
        client.close();
        nats.close();
    }

    private void create(JetStreamClient client) {
        client.api(
                "STREAM.CREATE.S",
                "{\"name\":\"S\",\"subjects\":[\"s.>\"],\"max_msgs_per_subject\":"
                        + PER_SUBJECT
                        + ",\"max_msgs\":"
                        + MOST
                        + '}');
        for (int i = 0; i < FILTERS.length; i++) {
            models.add(new Model(FILTERS[i]));
            JsonNode made =
                    client.api(
                            "CONSUMER.CREATE.S.c" + i,
                            "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"c"
                                    + i
                                    + "\",\"ack_policy\":\"explicit\",\"ack_wait\":3600000000000"
                                    + (FILTERS[i].isEmpty()
                                            ? ""
                                            : ",\"filter_subject\":\"" + FILTERS[i] + '"')
                                    + "}}");
            assertThat(made.has("error")).as(made.toString()).isFalse();
        }
    }

    private void act(JetStreamClient client, Random random, int step) {
        String subject = SUBJECTS[random.nextInt(SUBJECTS.length)];
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> publish(client, subject, "t" + step);
            case 3 -> publishTwice(client, subject, "i" + random.nextInt(40));
            case 4 -> publishExpecting(client, random, subject, "e" + step);
            case 5 -> delete(client, random);
            case 6 -> purge(client, random, subject);
            default -> pull(client, random, random.nextInt(models.size()));
        }
    }

    private void store(String subject, String text) {
        messages.put(++last, new Stored(subject, text));
        List<Long> same = new ArrayList<>();
        messages.forEach(
                (at, one) -> {
                    if (one.subject().equals(subject)) {
                        same.add(at);
                    }
                });
        if (same.size() > PER_SUBJECT) {
            drop(same.getFirst());
        }
        if (messages.size() > MOST) {
            drop(messages.firstKey());
        }
    }

    private void drop(long sequence) {
        messages.remove(sequence);
        models.forEach(
                model -> {
                    model.held.remove(sequence);
                    model.again.remove(sequence);
                });
    }

    private void publish(JetStreamClient client, String subject, String text) {
        assertThat(client.put(subject, text).get("seq").asLong()).isEqualTo(last + 1);
        store(subject, text);
    }

    /** Ids live in what is stored; of what is gone nobody can say after a restart. */
    private void forgetIdsOfRemovedMessages() {
        ids.forEach(
                (id, at) -> {
                    if (!messages.containsKey(at)) {
                        uncertain.add(id);
                    }
                });
    }

    private void publishTwice(JetStreamClient client, String subject, String id) {
        if (uncertain.contains(id)) {
            return;
        }
        JsonNode answer = client.put(subject, id, "Nats-Msg-Id: " + id);
        Long known = ids.get(id);
        assertThat(answer.path("duplicate").asBoolean()).isEqualTo(known != null);
        assertThat(answer.get("seq").asLong()).isEqualTo(known == null ? last + 1 : known);
        if (known == null) {
            store(subject, id);
            ids.put(id, last);
        }
    }

    private void publishExpecting(
            JetStreamClient client, Random random, String subject, String text) {
        long actual = 0;
        for (Map.Entry<Long, Stored> one : messages.entrySet()) {
            actual = one.getValue().subject().equals(subject) ? one.getKey() : actual;
        }
        long expected = random.nextBoolean() ? actual : actual + 1;
        JsonNode answer =
                client.put(subject, text, "Nats-Expected-Last-Subject-Sequence: " + expected);
        assertThat(answer.has("error")).isEqualTo(expected != actual);
        if (expected == actual) {
            store(subject, text);
        }
    }

    private void delete(JetStreamClient client, Random random) {
        long at = last == 0 ? 1 : 1 + random.nextLong(last);
        JsonNode answer =
                client.api("STREAM.MSG.DELETE.S", "{\"seq\":" + at + ",\"no_erase\":true}");
        assertThat(answer.path("success").asBoolean()).isEqualTo(messages.containsKey(at));
        drop(at);
    }

    private void purge(JetStreamClient client, Random random, String subject) {
        if (random.nextInt(3) > 0) {
            return;
        }
        int keep = random.nextInt(3);
        List<Long> same = new ArrayList<>();
        messages.forEach(
                (at, one) -> {
                    if (one.subject().equals(subject)) {
                        same.add(at);
                    }
                });
        int count = keep == 0 ? same.size() : Math.max(0, same.size() - keep);
        JsonNode answer =
                client.api(
                        "STREAM.PURGE.S", "{\"filter\":\"" + subject + "\",\"keep\":" + keep + '}');
        assertThat(answer.get("purged").asInt()).isEqualTo(count);
        same.subList(0, count).forEach(this::drop);
    }

    private void pull(JetStreamClient client, Random random, int number) {
        Model model = models.get(number);
        int batch = 1 + random.nextInt(4);
        List<Long> expected = new ArrayList<>();
        while (expected.size() < batch && !model.again.isEmpty()) {
            expected.add(model.again.pollFirstEntry().getKey());
        }
        while (expected.size() < batch && model.next <= last) {
            Stored one = messages.get(model.next);
            if (one != null && model.wants(one.subject())) {
                expected.add(model.next);
            }
            model.next++;
        }
        List<Delivery> got =
                client.pull("S", "c" + number, batch, ",\"no_wait\":true").stream()
                        .filter(d -> d.status() == 0)
                        .toList();
        assertThat(got.stream().map(JetStreamSimulationTest::sequence).toList())
                .isEqualTo(expected);
        for (Delivery one : got) {
            assertThat(one.text()).isEqualTo(messages.get(sequence(one)).text());
            model.held.put(sequence(one), one);
        }
        settle(client, random, model);
    }

    private static long sequence(Delivery delivery) {
        return Long.parseLong(delivery.reply().split("\\.")[5]);
    }

    private void settle(JetStreamClient client, Random random, Model model) {
        for (Long at : new ArrayList<>(model.held.keySet())) {
            Delivery one = model.held.get(at);
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    client.ack(one, "+ACK");
                    model.held.remove(at);
                }
                case 2 -> {
                    client.ack(one, "-NAK");
                    model.again.put(at, one);
                    model.held.remove(at);
                }
                case 3 -> {
                    client.ack(one, "+TERM no");
                    model.held.remove(at);
                }
                default -> client.ack(one, "+WPI");
            }
        }
    }

    private void compare(JetStreamClient client) {
        JsonNode state = client.api("STREAM.INFO.S", "{\"subjects_filter\":\">\"}").get("state");
        assertThat(state.get("messages").asInt()).isEqualTo(messages.size());
        assertThat(state.get("last_seq").asLong()).isEqualTo(last);
        if (!messages.isEmpty()) {
            assertThat(state.get("first_seq").asLong()).isEqualTo(messages.firstKey());
        }
        Map<String, Integer> counts = new HashMap<>();
        messages.values().forEach(one -> counts.merge(one.subject(), 1, Integer::sum));
        Map<String, Integer> told = new HashMap<>();
        state.path("subjects")
                .properties()
                .forEach(e -> told.put(e.getKey(), e.getValue().asInt()));
        assertThat(told).isEqualTo(counts);
        for (int i = 0; i < models.size(); i++) {
            Model model = models.get(i);
            JsonNode info = client.api("CONSUMER.INFO.S.c" + i, "");
            long left =
                    messages.tailMap(model.next, true).values().stream()
                            .filter(one -> model.wants(one.subject()))
                            .count();
            assertThat(info.get("num_pending").asLong()).as("pending of c" + i).isEqualTo(left);
            assertThat(info.get("num_ack_pending").asInt())
                    .as("held by c" + i)
                    .isEqualTo(model.held.size() + model.again.size());
        }
    }
}
