package io.polymq.mq9;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Agents that send each other mail of random priority while their readers die at random, against a
 * model: every mail that was kept is handed to its mailbox's group, is not handed out again once
 * acknowledged, and within a priority comes in the order of its ids.
 */
class FleetTest {

    private static final List<String> PRIORITIES = List.of("critical", "urgent", "normal");

    /** What is known of one mailbox. */
    private static final class Box {
        private final Set<Long> kept = new HashSet<>();
        private final Set<Long> done = new HashSet<>();
        private final Map<Long, String> priorities = new HashMap<>();
    }

    @Test
    void twoHundredAgentsLoseNothing() {
        run(200, 1500, 4711);
    }

    @Test
    @Tag("long")
    void twoThousandAgentsLoseNothing() {
        run(2000, 60_000, 815);
    }

    private static void run(int agents, int steps, long seed) {
        Random random = new Random(seed);
        List<Box> boxes = new ArrayList<>();
        try (Mq9Rig rig = Mq9Rig.inMemory()) {
            for (int i = 0; i < agents; i++) {
                rig.create("agent" + i, body -> body.put("ttl", 0));
                boxes.add(new Box());
            }
            for (int step = 0; step < steps; step++) {
                int number = random.nextInt(agents);
                if (random.nextInt(3) == 0) {
                    read(rig, number, boxes.get(number), random);
                } else {
                    burst(rig, number, boxes.get(number), random);
                }
            }
            for (int i = 0; i < agents; i++) {
                finish(rig, i, boxes.get(i));
            }
        }
        boxes.forEach(box -> assertThat(box.done).isEqualTo(box.kept));
        assertThat(boxes.stream().mapToInt(box -> box.kept.size()).sum()).isGreaterThan(steps);
    }

    private static void burst(Mq9Rig rig, int number, Box box, Random random) {
        Map<CompletableFuture<JsonNode>, String> sent = new HashMap<>();
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            String priority = PRIORITIES.get(random.nextInt(PRIORITIES.size()));
            sent.put(
                    rig.begin(
                            "$mq9.AI.MSG.SEND.agent" + number,
                            Map.of("mq9-priority", priority),
                            priority.getBytes(StandardCharsets.UTF_8)),
                    priority);
        }
        sent.forEach(
                (reply, priority) -> {
                    long id = reply.join().path("msg_id").asLong(-9);
                    assertThat(box.kept.add(id)).as("ids are given once").isTrue();
                    box.priorities.put(id, priority);
                });
    }

    /** One reader: it may die before it hears, after it, or acknowledge one by one or up to one. */
    private static void read(Mq9Rig rig, int number, Box box, Random random) {
        boolean leased = random.nextBoolean();
        JsonNode reply =
                rig.fetch(
                        "agent" + number,
                        "g",
                        body ->
                                (leased ? body.put("lease_ms", 1 + random.nextInt(50)) : body)
                                        .put("num_msgs", 1 + random.nextInt(8)));
        List<JsonNode> mails = check(reply, box);
        if (mails.isEmpty() || random.nextInt(3) == 0) {
            return;
        }
        JsonNode last = mails.get(random.nextInt(mails.size()));
        long id = last.path("msg_id").asLong();
        if (random.nextBoolean()) {
            assertThat(rig.ack("agent" + number, "g", id).path("error").asText("x")).isEmpty();
            String priority = last.path("priority").asText();
            box.kept.stream()
                    .filter(other -> other <= id && priority.equals(box.priorities.get(other)))
                    .forEach(box.done::add);
        } else {
            String body =
                    "{\"group_name\":\"g\",\"mail_address\":\"agent"
                            + number
                            + "\",\"msg_ids\":["
                            + id
                            + "]}";
            assertThat(rig.ask("$mq9.AI.MSG.ACK.agent" + number, body).path("error").asText("x"))
                    .isEmpty();
            box.done.add(id);
        }
    }

    private static List<JsonNode> check(JsonNode reply, Box box) {
        assertThat(reply.path("error").asText("missing")).isEmpty();
        List<JsonNode> mails = new ArrayList<>();
        reply.path("messages").forEach(mails::add);
        int rank = 0;
        long before = -1;
        for (JsonNode mail : mails) {
            long id = mail.path("msg_id").asLong();
            int now = PRIORITIES.indexOf(mail.path("priority").asText());
            assertThat(box.kept).contains(id);
            assertThat(box.done).doesNotContain(id);
            assertThat(mail.path("payload").asText()).isEqualTo(box.priorities.get(id));
            assertThat(now).isGreaterThanOrEqualTo(rank);
            assertThat(now > rank || id > before).isTrue();
            rank = now;
            before = id;
        }
        return mails;
    }

    /** A last reader takes everything that is left, leases or not. */
    private static void finish(Mq9Rig rig, int number, Box box) {
        long until = System.nanoTime() + 20_000_000_000L;
        while (!box.done.equals(box.kept)) {
            assertThat(System.nanoTime()).as("mail of " + number + " is missing").isLessThan(until);
            JsonNode reply =
                    rig.fetch(
                            "agent" + number,
                            "g",
                            body -> {
                                body.putObject("config").put("max_wait_ms", 2000);
                                return body.put("num_msgs", 1000);
                            });
            for (JsonNode mail : check(reply, box)) {
                long id = mail.path("msg_id").asLong();
                rig.ask(
                        "$mq9.AI.MSG.ACK.agent" + number,
                        "{\"group_name\":\"g\",\"mail_address\":\"agent"
                                + number
                                + "\",\"msg_ids\":["
                                + id
                                + "]}");
                box.done.add(id);
            }
        }
    }
}
