package io.polymq.mq9;

import static io.polymq.mq9.Mq9Rig.payloads;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Positions, leases, starts and pushes of groups. */
class GroupsTest {

    private static final UnaryOperator<ObjectNode> LEASED = body -> body.put("lease_ms", 30_000);

    private Mq9Rig rig;

    @BeforeEach
    void start() {
        rig = Mq9Rig.inMemory();
        rig.create("a");
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private void send(int many) {
        for (int i = 0; i < many; i++) {
            rig.send("a", Integer.toString(i));
        }
    }

    private String settle(String command, String fields) {
        return rig.ask("$mq9.AI.MSG." + command + ".a", "{\"group_name\":\"g\"," + fields + "}")
                .path("error")
                .asText("missing");
    }

    @Test
    void whatIsNotAcknowledgedComesAgainAndEachGroupHasItsOwnPosition() {
        send(3);
        assertThat(rig.fetched("a", "g")).containsExactly("0", "1", "2");
        assertThat(rig.fetched("a", "g")).containsExactly("0", "1", "2");

        assertThat(rig.ack("a", "g", 1).toString()).isEqualTo("{\"error\":\"\"}");

        assertThat(rig.fetched("a", "g")).containsExactly("2");
        assertThat(rig.fetched("a", "h")).containsExactly("0", "1", "2");
    }

    @Test
    void ackNeedsAllItsFieldsAndKnownNames() {
        send(1);
        rig.fetched("a", "g");
        assertThat(error("{\"mail_address\":\"a\",\"msg_id\":0}"))
                .isEqualTo("invalid ACK payload: missing field `group_name`");
        assertThat(error("{\"group_name\":\"g\",\"msg_id\":0}"))
                .isEqualTo("invalid ACK payload: missing field `mail_address`");
        assertThat(error("{\"group_name\":\"g\",\"mail_address\":\"a\"}"))
                .isEqualTo("invalid ACK payload: missing field `msg_id`");
        assertThat(rig.ack("a", "nobody", 0).path("error").asText())
                .isEqualTo("group not found: nobody");
        assertThat(rig.ack("a", "g", 77).path("error").asText()).isEqualTo("message not found: 77");
        assertThat(rig.fetched("a", "g")).containsExactly("0");
    }

    private String error(String body) {
        return rig.ask("$mq9.AI.MSG.ACK.a", body).path("error").asText("missing");
    }

    @Test
    void theAddressInTheBodyOfAnAckCounts() {
        rig.create("b");
        rig.send("b", "x");
        rig.fetched("b", "g");

        rig.ask("$mq9.AI.MSG.ACK.a", "{\"group_name\":\"g\",\"mail_address\":\"b\",\"msg_id\":0}");

        assertThat(rig.fetched("b", "g")).isEmpty();
    }

    @Test
    void singleMailsAreAcknowledgedOutOfOrder() {
        send(5);
        rig.fetch("a", "g", LEASED);

        assertThat(settle("ACK", "\"mail_address\":\"a\",\"msg_ids\":[1,3]")).isEmpty();
        assertThat(settle("ACK", "\"mail_address\":\"a\",\"msg_id\":4,\"cumulative\":false"))
                .isEmpty();
        rig.pass(Duration.ofSeconds(31));

        assertThat(payloads(rig.fetch("a", "g", GroupsTest::waiting))).containsExactly("0", "2");
    }

    private static ObjectNode waiting(ObjectNode body) {
        body.putObject("config").put("max_wait_ms", 10_000);
        return body;
    }

    @Test
    void leasedMailGoesToOneReader() {
        send(4);

        JsonNode one = rig.fetch("a", "g", body -> LEASED.apply(body).put("num_msgs", 2));
        JsonNode other = rig.fetch("a", "g", body -> LEASED.apply(body).put("num_msgs", 5));
        JsonNode third = rig.fetch("a", "g", LEASED);

        assertThat(payloads(one)).containsExactly("0", "1");
        assertThat(payloads(other)).containsExactly("2", "3");
        assertThat(payloads(third)).isEmpty();
    }

    @Test
    void aLeaseCanBeExtended() {
        send(2);
        rig.fetch("a", "g", LEASED);
        assertThat(settle("EXTEND", "\"msg_id\":0,\"lease_ms\":120000")).isEmpty();

        rig.pass(Duration.ofSeconds(31));

        assertThat(payloads(rig.fetch("a", "g", body -> LEASED.apply(waiting(body)))))
                .containsExactly("1");
        assertThat(settle("EXTEND", "\"msg_id\":7")).isEqualTo("message 7 is not held by group g");
    }

    @Test
    void nackBringsAMailBackAtOnceOrLater() {
        send(2);
        rig.fetch("a", "g", LEASED);
        assertThat(settle("NACK", "\"msg_id\":0")).isEmpty();
        assertThat(settle("NACK", "\"msg_id\":1,\"delay_ms\":60000")).isEmpty();
        assertThat(settle("NACK", "\"msg_id\":1")).isEqualTo("message 1 is not held by group g");

        JsonNode now = rig.fetch("a", "g", body -> LEASED.apply(waiting(body)));
        assertThat(payloads(now)).containsExactly("0");
        assertThat(now.path("messages").path(0).path("attempts").asInt()).isEqualTo(2);
        assertThat(settle("ACK", "\"mail_address\":\"a\",\"msg_ids\":[0]")).isEmpty();

        rig.pass(Duration.ofSeconds(61));
        assertThat(payloads(rig.fetch("a", "g", GroupsTest::waiting))).containsExactly("1");
    }

    @Test
    void everyStartIsHeeded() {
        send(3);
        rig.pass(Duration.ofSeconds(100));
        long later = rig.now() / 1000 - 50;
        rig.send("a", "3");

        assertThat(payloads(rig.fetch("a", "g1", body -> body.put("deliver", "latest")))).isEmpty();
        assertThat(payloads(rig.fetch("a", "g2", body -> body.put("deliver", "earliest"))))
                .containsExactly("0", "1", "2", "3");
        assertThat(
                        payloads(
                                rig.fetch(
                                        "a",
                                        "g3",
                                        body ->
                                                body.put("deliver", "from_time")
                                                        .put("from_time", later))))
                .containsExactly("3");
        assertThat(
                        payloads(
                                rig.fetch(
                                        "a",
                                        "g4",
                                        body -> body.put("deliver", "from_id").put("from_id", 2))))
                .containsExactly("2", "3");
        assertThat(
                        payloads(
                                rig.fetch(
                                        "a",
                                        "g5",
                                        body -> body.put("deliver", "from_id").put("from_id", 99))))
                .isEmpty();
    }

    @Test
    void aCommittedPositionWinsUnlessForced() {
        send(3);
        rig.fetched("a", "g");
        rig.ack("a", "g", 1);

        assertThat(payloads(rig.fetch("a", "g", body -> body.put("deliver", "earliest"))))
                .containsExactly("2");
        assertThat(
                        payloads(
                                rig.fetch(
                                        "a",
                                        "g",
                                        body ->
                                                body.put("deliver", "earliest")
                                                        .put("force_deliver", true))))
                .containsExactly("0", "1", "2");
    }

    @Test
    void aForcedFetchIsNotHeldUpByOneThatWaits() {
        send(1);
        rig.fetched("a", "g");
        rig.ack("a", "g", 0);
        CompletableFuture<JsonNode> waiting =
                rig.begin(
                        "$mq9.AI.MSG.FETCH.a",
                        Map.of(),
                        Mq9Rig.fetchBody("g", GroupsTest::waiting)
                                .getBytes(StandardCharsets.UTF_8));

        JsonNode forced =
                rig.fetch(
                        "a",
                        "g",
                        body -> body.put("deliver", "earliest").put("force_deliver", true));

        assertThat(payloads(forced)).containsExactly("0");
        assertThat(payloads(waiting.join())).containsExactly("0");
    }

    @Test
    void aFetchThatDoesNotWaitIsAnsweredAtOnceBehindOneThatDoes() {
        CompletableFuture<JsonNode> waiting =
                rig.begin(
                        "$mq9.AI.MSG.FETCH.a",
                        Map.of(),
                        Mq9Rig.fetchBody("g", GroupsTest::waiting)
                                .getBytes(StandardCharsets.UTF_8));

        assertThat(rig.fetched("a", "g")).isEmpty();
        rig.send("a", "x");

        assertThat(payloads(waiting.join())).containsExactly("x");
    }

    @Test
    void anIdleMailboxIsForgottenAndFoundAgainAsItWas() {
        send(3);
        rig.fetched("a", "g");
        rig.ack("a", "g", 0);
        rig.fetched("a", "g");
        for (int i = 0; i < 10; i++) {
            rig.pass(Duration.ofSeconds(40));
            rig.ask("$mq9.AI.MSG.QUERY.none", "");
        }

        assertThat(rig.fetched("a", "g")).containsExactly("1", "2");
        assertThat(rig.send("a", "3")).isEqualTo(3);
        assertThat(rig.fetched("a", "g")).containsExactly("1", "2", "3");
    }

    @Test
    @Timeout(60)
    void aGroupThatNobodyUsesIsForgotten() {
        rig.create("forever", body -> body.put("ttl", 0));
        rig.send("forever", "0");
        rig.fetched("forever", "unused");
        rig.ack("forever", "unused", 0);
        rig.fetched("forever", "used");
        rig.ack("forever", "used", 0);
        for (int day = 0; day < 40; day++) {
            rig.pass(Duration.ofDays(1));
            assertThat(rig.fetched("forever", "used")).isEmpty();
        }

        rig.send("forever", "1");
        String said;
        do {
            said = rig.ack("forever", "unused", 1).path("error").asText();
        } while (said.endsWith("is busy, try again")); // while it is being forgotten
        assertThat(said).isEqualTo("group not found: unused");
        assertThat(rig.fetched("forever", "used")).containsExactly("1");
    }

    @Test
    void anAcknowledgementOfAnotherMailboxNeedsTheRightToPublishThere() {
        rig.create("b");
        rig.send("b", "x");
        rig.fetched("b", "g");
        rig.rights = onlyFor("a");
        String body = "{\"group_name\":\"g\",\"mail_address\":\"b\",\"msg_id\":0}";

        assertThat(rig.ask("$mq9.AI.MSG.ACK.a", body).path("error").asText())
                .isEqualTo("not allowed: ACK of b");
        String push = "{\"group_name\":\"g\",\"deliver_subject\":\"not.mine\"}";
        assertThat(rig.ask("$mq9.AI.MSG.SUBSCRIBE.a", push).path("error").asText())
                .contains("none that you may listen to");
        rig.rights = null;
        assertThat(rig.ask("$mq9.AI.MSG.ACK.a", body).path("error").asText()).isEmpty();
    }

    private static SubjectService.Rights onlyFor(String address) {
        return new SubjectService.Rights() {
            @Override
            public boolean mayPublish(Subject subject) {
                return subject.toString().endsWith('.' + address);
            }

            @Override
            public boolean maySubscribe(Filter filter) {
                return false;
            }
        };
    }

    @Test
    void aFetchWithoutAGroupLeavesNoTrace() {
        send(2);
        rig.send("a", "c", Map.of("mq9-priority", "critical"));

        assertThat(rig.fetched("a", "")).containsExactly("c", "0", "1");
        assertThat(rig.fetched("a", "")).containsExactly("c", "0", "1");
        assertThat(payloads(rig.fetch("a", "", body -> body.put("deliver", "latest")))).isEmpty();

        CompletableFuture<JsonNode> waiting =
                rig.begin(
                        "$mq9.AI.MSG.FETCH.a",
                        Map.of(),
                        "{\"config\":{\"max_wait_ms\":15000}}".getBytes(StandardCharsets.UTF_8));
        rig.fetched("a", "");
        rig.send("a", "new");
        assertThat(payloads(waiting.join())).contains("new").doesNotContain("0");
    }

    @Test
    void whatCameForSomebodyWhoLeftGoesToTheNext() {
        send(1);
        rig.send(
                "$mq9.AI.MSG.FETCH.a",
                Map.of(),
                Mq9Rig.fetchBody("g", LEASED).getBytes(StandardCharsets.UTF_8),
                "nobody.listens");

        JsonNode reply = rig.fetch("a", "g", LEASED);

        assertThat(payloads(reply)).containsExactly("0");
        assertThat(reply.path("messages").path(0).path("attempts").asInt()).isEqualTo(1);
    }

    @Test
    void aPushKeepsToItsWindowAndGoesOnWithAcknowledgements() throws Exception {
        BlockingQueue<JsonNode> heard = rig.listen("in.box");
        send(3);
        JsonNode reply =
                rig.ask(
                        "$mq9.AI.MSG.SUBSCRIBE.a",
                        "{\"group_name\":\"g\",\"deliver\":\"earliest\",\"max_in_flight\":2,"
                                + "\"deliver_subject\":\"in.box\"}");
        String id = reply.path("subscription_id").asText();

        assertThat(pushed(heard)).isEqualTo("0");
        assertThat(pushed(heard)).isEqualTo("1");
        assertThat(rig.fetched("a", "h")).hasSize(3);
        assertThat(heard).isEmpty();
        rig.ack("a", "g", 0);
        assertThat(pushed(heard)).isEqualTo("2");

        assertThat(
                        rig.ask("$mq9.AI.MSG.UNSUBSCRIBE.a", "{\"subscription_id\":\"" + id + "\"}")
                                .path("error")
                                .asText("missing"))
                .isEmpty();
        rig.ack("a", "g", 2);
        rig.send("a", "after");
        assertThat(rig.fetched("a", "g")).containsExactly("after");
        assertThat(heard).isEmpty();
    }

    private static String pushed(BlockingQueue<JsonNode> heard) throws InterruptedException {
        JsonNode one = heard.poll(10, TimeUnit.SECONDS);
        assertThat(one).isNotNull();
        return one.path("message").path("payload").asText();
    }

    @Test
    void aPushToNobodyEndsAndItsMailIsThereForOthers() {
        send(1);
        String id =
                rig.ask(
                                "$mq9.AI.MSG.SUBSCRIBE.a",
                                "{\"group_name\":\"g\",\"deliver\":\"earliest\","
                                        + "\"deliver_subject\":\"gone\"}")
                        .path("subscription_id")
                        .asText();

        assertThat(payloads(rig.fetch("a", "g", GroupsTest::waiting))).containsExactly("0");
        assertThat(
                        rig.ask("$mq9.AI.MSG.UNSUBSCRIBE.a", "{\"subscription_id\":\"" + id + "\"}")
                                .path("error")
                                .asText())
                .isEqualTo("subscription not found: " + id);
    }

    @Test
    void pushesGoOnlyWhereTheReaderMayListen() {
        for (String subject : List.of("$JS.API.x", "mq9.b", "a.*", "", "a b")) {
            assertThat(
                            rig.ask(
                                            "$mq9.AI.MSG.SUBSCRIBE.a",
                                            "{\"group_name\":\"g\",\"deliver_subject\":\""
                                                    + subject
                                                    + "\"}")
                                    .path("error")
                                    .asText())
                    .startsWith("invalid SUBSCRIBE payload");
        }
    }
}
