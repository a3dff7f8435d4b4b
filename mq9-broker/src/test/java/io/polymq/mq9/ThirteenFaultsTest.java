package io.polymq.mq9;

import static io.polymq.mq9.Mq9Rig.payloads;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.conformance.TestSecurity;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What went wrong in the first mq9 server, in the order of the list that is kept of it. */
class ThirteenFaultsTest {

    private static final Map<String, String> CRITICAL = Map.of("mq9-priority", "critical");
    private static final Map<String, String> URGENT = Map.of("mq9-priority", "urgent");

    private Mq9Rig rig;

    @BeforeEach
    void start() {
        rig = Mq9Rig.inMemory();
        rig.create("box");
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    @Test
    void fault1AckOfACriticalMailLeavesEarlierNormalOnesUnread() {
        rig.send("box", "normal");
        long critical = rig.send("box", "critical", CRITICAL);
        assertThat(rig.fetched("box", "g")).containsExactly("critical", "normal");

        rig.ack("box", "g", critical);

        assertThat(rig.fetched("box", "g")).containsExactly("normal");
    }

    @Test
    void fault2NumMsgsCountsOverAllPriorities() {
        for (int i = 0; i < 4; i++) {
            rig.send("box", "n" + i);
            rig.send("box", "u" + i, URGENT);
            rig.send("box", "c" + i, CRITICAL);
        }

        JsonNode reply = rig.fetch("box", "g", body -> body.put("num_msgs", 5));

        assertThat(payloads(reply)).containsExactly("c0", "c1", "c2", "c3", "u0");
    }

    @Test
    void fault3AFetchThatWaitsIsAnsweredWhenMailComes() {
        CompletableFuture<JsonNode> waiting =
                rig.begin(
                        "$mq9.AI.MSG.FETCH.box",
                        Map.of(),
                        "{\"group_name\":\"g\",\"config\":{\"max_wait_ms\":15000}}"
                                .getBytes(StandardCharsets.UTF_8));
        rig.fetch("box", "other", body -> body);
        assertThat(waiting).isNotDone();
        long begun = System.nanoTime();

        rig.send("box", "here");

        assertThat(payloads(waiting.join())).containsExactly("here");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void fault4AGroupThatBeganWithTheLatestMissesNothingBetweenFetches() {
        rig.send("box", "before");
        assertThat(payloads(rig.fetch("box", "g", body -> body.put("deliver", "latest"))))
                .isEmpty();
        rig.send("box", "one");
        rig.send("box", "two");

        JsonNode first = rig.fetch("box", "g", body -> body.put("deliver", "latest"));
        JsonNode second = rig.fetch("box", "g", body -> body.put("deliver", "latest"));

        assertThat(payloads(first)).containsExactly("one", "two");
        assertThat(payloads(second)).containsExactly("one", "two");
    }

    @Test
    void fault5BinaryPayloadsComeBackByteForByte() {
        byte[] binary = {0, -1, 'a', -128, 13, 10};
        rig.ask("$mq9.AI.MSG.SEND.box", Map.of(), binary);

        JsonNode asText = rig.fetch("box", "g", body -> body).path("messages").path(0);
        JsonNode asked =
                rig.fetch("box", "g", body -> body.put("encoding", "base64"))
                        .path("messages")
                        .path(0);

        assertThat(Base64.getDecoder().decode(asText.path("payload_base64").asText()))
                .isEqualTo(binary);
        assertThat(Base64.getDecoder().decode(asked.path("payload").asText())).isEqualTo(binary);
    }

    @Test
    void fault6AForcedStartIncludesTheMailThatItNames() {
        rig.send("box", "0");
        long id = rig.send("box", "1");
        rig.send("box", "2");
        assertThat(rig.fetched("box", "g")).hasSize(3);

        JsonNode forced =
                rig.fetch(
                        "box",
                        "g",
                        body ->
                                body.put("force_deliver", true)
                                        .put("deliver", "from_id")
                                        .put("from_id", id));

        assertThat(payloads(forced)).containsExactly("1", "2");
        assertThat(rig.fetched("box", "g")).containsExactly("1", "2");
    }

    @Test
    void fault7TagsMustAllMatchAndTheLimitIsOverall() {
        for (int i = 0; i < 5; i++) {
            rig.send("box", "both" + i, Map.of("mq9-tags", "red, blue"));
            rig.send("box", "one" + i, Map.of("mq9-tags", "red"));
        }

        JsonNode reply =
                rig.ask("$mq9.AI.MSG.QUERY.box", "{\"tags\":[\"red\",\"blue\"],\"limit\":3}");

        assertThat(payloads(reply)).containsExactly("both0", "both1", "both2");
    }

    @Test
    void fault8LeasedMailIsKeptFromOthersComesAgainAndDiesInTheEnd() {
        rig.create("dead");
        rig.create("work", body -> body.put("max_attempts", 2).put("dead_letter", "dead"));
        rig.send("work", "job");
        JsonNode first = rig.fetch("work", "g", body -> body.put("lease_ms", 60_000));
        assertThat(first.path("messages").path(0).path("attempts").asInt()).isEqualTo(1);
        assertThat(rig.fetched("work", "g")).isEmpty();

        rig.pass(Duration.ofSeconds(61));
        JsonNode second =
                rig.fetch(
                        "work",
                        "g",
                        body -> {
                            body.putObject("config").put("max_wait_ms", 5000);
                            return body.put("lease_ms", 60_000);
                        });
        assertThat(second.path("messages").path(0).path("attempts").asInt()).isEqualTo(2);
        rig.ask("$mq9.AI.MSG.NACK.work", "{\"group_name\":\"g\",\"msg_id\":0}");

        JsonNode dead =
                rig.fetch(
                        "dead",
                        "g",
                        body -> {
                            body.putObject("config").put("max_wait_ms", 5000);
                            return body;
                        });
        assertThat(payloads(dead)).containsExactly("job");
        assertThat(rig.fetched("work", "g")).isEmpty();
    }

    @Test
    void fault9MailCanComeByItself() throws Exception {
        var heard = rig.listen("my.inbox");
        JsonNode reply =
                rig.ask(
                        "$mq9.AI.MSG.SUBSCRIBE.box",
                        "{\"group_name\":\"g\",\"deliver_subject\":\"my.inbox\"}");
        assertThat(reply.path("error").asText("missing")).isEmpty();

        rig.send("box", "pushed");

        JsonNode pushed = heard.poll(10, TimeUnit.SECONDS);
        assertThat(pushed.path("message").path("payload").asText()).isEqualTo("pushed");
    }

    @Test
    void fault10AMailboxIsReadOnlyByWhoMay() {
        rig.close();
        rig =
                Mq9Rig.with(
                        new TestSecurity(
                                Map.of(),
                                (action, subject) -> !subject.equals("$mq9.AI.MSG.ACK.secret")));
        rig.create("secret");
        rig.create("mine");
        rig.send("secret", "x");
        rig.fetched("secret", "g");

        JsonNode reply =
                rig.ask(
                        "$mq9.AI.MSG.ACK.mine",
                        "{\"group_name\":\"g\",\"mail_address\":\"secret\",\"msg_id\":0}");

        assertThat(reply.path("error").asText()).isEqualTo("not allowed: ACK of secret");
        assertThat(rig.fetched("secret", "g")).containsExactly("x");
    }

    @Test
    void fault11WhatAnExpiredMailboxHeldIsGone() {
        rig.create("brief", body -> body.put("ttl", 30));
        rig.send("brief", "old");
        rig.pass(Duration.ofSeconds(31));

        assertThat(rig.ask("$mq9.AI.MSG.QUERY.brief", "").path("error").asText())
                .isEqualTo("mailbox not found: brief");
        rig.create("brief");
        rig.send("brief", "new");
        assertThat(rig.fetched("brief", "g")).containsExactly("new");
    }

    @Test
    void fault12IdsAreDenseFromZeroAndInOrder() {
        for (int i = 0; i < 50; i++) {
            assertThat(rig.send("box", "m" + i, i % 2 == 0 ? CRITICAL : URGENT)).isEqualTo(i);
        }
        assertThat(rig.ask("$mq9.AI.MSG.DELETE.box.7", "").path("deleted").asBoolean()).isTrue();
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.box", "")))
                .hasSize(49)
                .doesNotContain("m7")
                .startsWith("m0", "m1");
    }

    @Test
    void fault13QuerySinceLeavesOutWhatIsOlder() {
        rig.send("box", "old");
        rig.pass(Duration.ofSeconds(100));
        rig.send("box", "new");
        long since = rig.now() / 1000 - 50;

        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.box", "{\"since\":" + since + "}")))
                .isEqualTo(List.of("new"));
    }
}
