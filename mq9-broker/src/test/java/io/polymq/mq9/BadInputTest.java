package io.polymq.mq9;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.core.router.Router;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What no honest client sends: the error is in the reply, nothing is lost, others go on. */
class BadInputTest {

    private Mq9Rig rig;

    @BeforeEach
    void start() {
        rig = Mq9Rig.inMemory();
        rig.create("box", body -> body.put("ttl", 0));
        rig.send("box", "0");
        assertThat(rig.fetched("box", "g")).containsExactly("0");
    }

    /** Whatever came, the mailbox and its group are as they were. */
    @AfterEach
    void stop() {
        assertThat(rig.fetched("box", "g")).contains("0");
        rig.close();
    }

    private String error(String command, String body) {
        return rig.ask("$mq9.AI." + command, body).path("error").asText("missing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MAILBOX.CREATE",
                "MSG.FETCH.box",
                "MSG.ACK.box",
                "MSG.NACK.box",
                "MSG.EXTEND.box",
                "MSG.SUBSCRIBE.box",
                "MSG.UNSUBSCRIBE.box",
                "MSG.QUERY.box",
                "AGENT.REGISTER",
                "AGENT.UNREGISTER",
                "AGENT.REPORT",
                "AGENT.DISCOVER"
            })
    void everyCommandRefusesWhatIsNoJsonObject(String command) {
        String verb = command.split("\\.")[1];
        for (String body :
                new String[] {
                    "{",
                    "nonsense",
                    "null",
                    "[1]",
                    "\"text\"",
                    "{\"a\":".repeat(5000),
                    "{\"name\":\"x\",}",
                    "\u0000"
                }) {
            assertThat(error(command, body)).startsWith("invalid " + verb + " payload: ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MSG.FETCH.box|{\"config\":[]}",
                "MSG.FETCH.box|{\"from_time\":-1,\"deliver\":\"from_time\"}",
                "MSG.FETCH.box|{\"config\":{\"max_wait_ms\":true}}",
                "MSG.FETCH.box|{\"lease_ms\":99999999999}",
                "MSG.ACK.box|{\"group_name\":1,\"mail_address\":\"box\",\"msg_id\":0}",
                "MSG.ACK.box|{\"group_name\":\"g\",\"mail_address\":\"box\",\"msg_id\":\"0\"}",
                "MSG.ACK.box|{\"group_name\":\"g\",\"mail_address\":\"box\",\"msg_id\":-1}",
                "MSG.ACK.box|{\"group_name\":\"g\",\"mail_address\":\"box\",\"msg_ids\":[]}",
                "MSG.ACK.box|{\"group_name\":\"g\",\"mail_address\":\"box\",\"msg_ids\":[1.5]}",
                "MSG.NACK.box|{\"group_name\":\"g\",\"msg_id\":0,\"delay_ms\":999999999999}",
                "MSG.EXTEND.box|{\"group_name\":\"g\",\"msg_id\":0,\"lease_ms\":0}",
                "MSG.SUBSCRIBE.box|{\"group_name\":\"g\",\"deliver_subject\":\"$SYS.x\"}",
                "MSG.SUBSCRIBE.box|{\"group_name\":\"g\",\"deliver_subject\":\"a.*\"}",
                "MSG.SUBSCRIBE.box|{\"group_name\":\"g\",\"deliver_subject\":\"a\",\"max_in_flight\":0}",
                "MSG.QUERY.box|{\"tags\":5}",
                "MSG.QUERY.box|{\"tags\":[5]}",
                "MSG.QUERY.box|{\"since\":\"yesterday\"}",
                "MSG.QUERY.box|{\"limit\":-1}",
                "AGENT.REGISTER|{\"name\":7,\"payload\":\"x\"}",
                "AGENT.REGISTER|{\"name\":\"n\"}",
                "AGENT.REGISTER|{\"name\":\"n\\u0000\",\"payload\":\"x\"}",
                "AGENT.DISCOVER|{\"limit\":\"all\"}",
                "AGENT.DISCOVER|{\"text\":[]}",
                "AGENT.REPORT|{\"report_info\":\"x\"}"
            })
    void wrongTypesAndValuesAreRefusedByName(String asked) {
        String[] parts = asked.split("\\|", 2);
        assertThat(error(parts[0], parts[1]))
                .startsWith("invalid " + parts[0].split("\\.")[1] + " payload: ")
                .contains("`");
    }

    @Test
    void addressesThatAreNoneAreOfNoMailbox() {
        for (String address : new String[] {"BOX", "bö", "a_b", "a..b", "box.", "x".repeat(300)}) {
            assertThat(error("MSG.SEND." + address, "x"))
                    .isEqualTo("mailbox " + address + " does not exist");
            assertThat(error("MSG.FETCH." + address, "{}"))
                    .isEqualTo("mailbox not found: " + address);
            assertThat(error("MSG.QUERY." + address, ""))
                    .isEqualTo("mailbox not found: " + address);
        }
    }

    @Test
    void aHugeListOfTagsIsRefusedWhoeverSendsIt() {
        String many = "t,".repeat(100_000);
        assertThat(
                        rig.ask(
                                        "$mq9.AI.MSG.SEND.box",
                                        Map.of("mq9-tags", many),
                                        "x".getBytes(StandardCharsets.UTF_8))
                                .path("error")
                                .asText())
                .isEqualTo("a message may have 64 tags");
        assertThat(error("MSG.QUERY.box", "{\"tags\":\"" + many + "\"}"))
                .isEqualTo("a message may have 64 tags");
        assertThat(error("MSG.QUERY.box", "{\"tags\":[\"" + "t".repeat(100_000) + "\"]}"))
                .isEqualTo("a tag may have 256 characters");
    }

    @Test
    void groupsAndHoldingsThatAreNoneAreNamed() {
        assertThat(rig.ack("box", "never", 0).path("error").asText())
                .isEqualTo("group not found: never");
        assertThat(error("MSG.NACK.box", "{\"group_name\":\"never\",\"msg_id\":0}"))
                .isEqualTo("group not found: never");
        assertThat(error("MSG.NACK.box", "{\"group_name\":\"g\",\"msg_id\":7}"))
                .isEqualTo("message 7 is not held by group g");
    }

    /** Each is answered, with its id or a refusal; what has an id is there, in order. */
    @Test
    void aFloodOnOneMailboxIsAnsweredToTheLastAndHarmsNobodyElse() throws Exception {
        rig.create("flooded");
        rig.create("quiet");
        int mails = 150_000;
        BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
        Router.Subscription listening =
                rig.router
                        .space(rig.user.tenant())
                        .subscribe(
                                Mq9Rig.filter("flood.answers"),
                                null,
                                false,
                                message -> answers.add(Mq9Rig.json(message)));
        byte[] mail = "0123456789".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < mails; i++) {
            assertThat(rig.send("$mq9.AI.MSG.SEND.flooded", Map.of(), mail, "flood.answers"))
                    .isNull();
            if (i == mails / 2) {
                assertThat(rig.send("quiet", "in between")).isZero();
            }
        }
        Set<Long> kept = new HashSet<>();
        for (int i = 0; i < mails; i++) {
            JsonNode answer = answers.poll(20, TimeUnit.SECONDS);
            assertThat(answer).as("answer %d", i).isNotNull();
            String error = answer.path("error").asText("missing");
            if (error.isEmpty()) {
                assertThat(kept.add(answer.path("msg_id").asLong())).isTrue();
            } else {
                assertThat(error)
                        .isIn(
                                "mailbox flooded is busy, try again",
                                "mailbox flooded is full",
                                "the broker is overloaded, try again");
            }
        }
        listening.close();
        assertThat(kept).isNotEmpty();
        assertThat(rig.fetched("quiet", "g")).containsExactly("in between");
        long end =
                rig.topics
                        .find(rig.user.tenant(), "mq9.flooded")
                        .orElseThrow()
                        .partition(0)
                        .endOffset();
        assertThat(kept).hasSize((int) end).allMatch(id -> id < end);
        assertThat(rig.fetched("flooded", "g")).hasSize(100);
    }
}
