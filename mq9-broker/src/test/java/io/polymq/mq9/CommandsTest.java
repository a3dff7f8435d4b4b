package io.polymq.mq9;

import static io.polymq.mq9.Mq9Rig.payloads;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command with its fields, headers and error texts. */
class CommandsTest {

    private Mq9Rig rig;

    @BeforeEach
    void start() {
        rig = Mq9Rig.inMemory();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private String error(String subject, String body) {
        return rig.ask(subject, body).path("error").asText("missing");
    }

    // MAILBOX.

    @Test
    void aMailboxWithoutANameGetsOneThatIsAnAddress() {
        JsonNode one = rig.ask("$mq9.AI.MAILBOX.CREATE", "");
        JsonNode other = rig.ask("$mq9.AI.MAILBOX.CREATE", "{}");

        assertThat(one.path("error").asText("missing")).isEmpty();
        assertThat(one.path("mail_address").asText()).matches("[a-z0-9]{10,40}");
        assertThat(other.path("mail_address")).isNotEqualTo(one.path("mail_address"));
    }

    @Test
    void aMailboxIsCreatedOnce() {
        assertThat(rig.ask("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"a.b\"}").toString())
                .isEqualTo("{\"error\":\"\",\"mail_address\":\"a.b\"}");

        assertThat(error("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"a.b\",\"ttl\":5}"))
                .isEqualTo("mailbox a.b already exists");
    }

    @ParameterizedTest
    @CsvSource({
        "A, 'name may only contain lowercase letters, digits, and dots'",
        "a_b, 'name may only contain lowercase letters, digits, and dots'",
        "ü, 'name may only contain lowercase letters, digits, and dots'",
        "a b, 'name may only contain lowercase letters, digits, and dots'",
        ".a, name must start and end with a lowercase letter or a digit",
        "a., name must start and end with a lowercase letter or a digit",
        "a..b, name must not contain two dots in a row",
    })
    void anAddressHasItsRules(String name, String text) {
        assertThat(error("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"" + name + "\"}")).isEqualTo(text);
    }

    @Test
    void anAddressHasUpTo128Characters() {
        assertThat(error("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"" + "a".repeat(128) + "\"}"))
                .isEmpty();
        assertThat(error("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"" + "a".repeat(129) + "\"}"))
                .isEqualTo("name must have 1 to 128 characters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "7",
                "{\"name\":5}",
                "{\"ttl\":\"5\"}",
                "{\"ttl\":-1}",
                "{\"ttl\":1.5}",
                "{\"max_attempts\":20000}"
            })
    void aMalformedCreateIsRefused(String body) {
        assertThat(error("$mq9.AI.MAILBOX.CREATE", body)).startsWith("invalid CREATE payload: ");
    }

    @Test
    void aMailboxWithoutTimeToLiveLivesADayAndOneWithZeroForEver() {
        rig.create("day");
        rig.create("ever", body -> body.put("ttl", 0));
        rig.pass(Duration.ofHours(25));

        assertThat(error("$mq9.AI.MSG.QUERY.day", "")).isEqualTo("mailbox not found: day");
        assertThat(error("$mq9.AI.MSG.QUERY.ever", "")).isEmpty();
    }

    @Test
    void aDeletedMailboxIsGoneWithItsMail() {
        rig.create("a");
        rig.send("a", "x");

        assertThat(rig.ask("$mq9.AI.MAILBOX.DELETE.a", "").path("deleted").asBoolean()).isTrue();

        assertThat(error("$mq9.AI.MSG.SEND.a", "y")).isEqualTo("mailbox a does not exist");
        rig.create("a");
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.a", ""))).isEmpty();
    }

    @Test
    void whoWaitsAtAMailboxThatIsDeletedHearsSo() {
        rig.create("a");
        CompletableFuture<JsonNode> grouped =
                rig.begin(
                        "$mq9.AI.MSG.FETCH.a",
                        Map.of(),
                        bytes("{\"group_name\":\"g\",\"config\":{\"max_wait_ms\":20000}}"));
        CompletableFuture<JsonNode> passing =
                rig.begin(
                        "$mq9.AI.MSG.FETCH.a",
                        Map.of(),
                        bytes("{\"config\":{\"max_wait_ms\":20000}}"));
        rig.fetch("a", "other", body -> body);

        rig.ask("$mq9.AI.MAILBOX.DELETE.a", "");

        assertThat(grouped.join().path("error").asText()).isEqualTo("mailbox not found: a");
        assertThat(passing.join().path("error").asText()).isEqualTo("mailbox not found: a");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // SEND.

    @Test
    void sendAnswersTheIdAndNeedsAMailboxAndAPayload() {
        rig.create("a.b");
        assertThat(rig.ask("$mq9.AI.MSG.SEND.a.b", "x").toString())
                .isEqualTo("{\"error\":\"\",\"msg_id\":0}");
        assertThat(error("$mq9.AI.MSG.SEND.nobody", "x"))
                .isEqualTo("mailbox nobody does not exist");
        assertThat(error("$mq9.AI.MSG.SEND.a.b", "")).isEqualTo("payload must not be empty");
    }

    @Test
    void aFailureIsNothingButTheError() {
        assertThat(rig.ask("$mq9.AI.MSG.SEND.nobody", "x").toString())
                .isEqualTo("{\"error\":\"mailbox nobody does not exist\"}");
    }

    @Test
    void withoutAReplySubjectTheCommandIsCarriedOutSilently() {
        rig.create("a");
        assertThat(rig.send("$mq9.AI.MSG.SEND.a", Map.of(), bytes("x"), null)).isNull();

        JsonNode reply =
                rig.fetch(
                        "a",
                        "g",
                        body -> {
                            body.putObject("config").put("max_wait_ms", 10_000);
                            return body;
                        });
        assertThat(payloads(reply)).containsExactly("x");
    }

    @Test
    void anAnswerNeverBecomesMail() {
        rig.create("a");
        rig.create("b");
        rig.send("b", "first");
        rig.send("$mq9.AI.MSG.SEND.a", Map.of(), bytes("x"), "mq9.b");
        rig.send("a", "y");

        assertThat(rig.fetched("b", "g")).containsExactly("first");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$mq9.AI.MAILBOX.CREATE.x",
                "$mq9.AI.MAILBOX",
                "$mq9.AI.MSG.SEND",
                "$mq9.AI.MSG.SEND.",
                "$mq9.AI.MSG.FETCH",
                "$mq9.AI.MSG.NOTHING.a",
                "$mq9.AI.AGENT.REGISTER.a",
                "$mq9.AI.",
                "$mq9.AI.INBOX.a"
            })
    void anUnknownSubjectIsRefusedByName(String subject) {
        assertThat(rig.ask(subject, "").path("refused").asText())
                .isEqualTo("unrecognized mq9 subject: " + subject);
    }

    @Test
    void priorityIsOneOfThreeAndWhatNobodyKnowsIsNormal() {
        rig.create("a");
        rig.send("a", "0", Map.of("mq9-priority", "whatever"));
        rig.send("a", "1", Map.of("mq9-priority", "critical"));
        rig.send("a", "2", Map.of("mq9-priority", "urgent"));

        List<String> priorities = new ArrayList<>();
        rig.fetch("a", "g", body -> body)
                .path("messages")
                .forEach(mail -> priorities.add(mail.path("priority").asText()));
        assertThat(priorities).containsExactly("critical", "urgent", "normal");
    }

    @Test
    void ofAKeyOnlyTheNewestMailIsKept() {
        rig.create("a");
        rig.send("a", "other", Map.of("mq9-key", "k2"));
        for (int i = 0; i < 5; i++) {
            rig.send("a", "v" + i, Map.of("mq9-key", "k1"));
        }

        assertThat(rig.fetched("a", "g")).containsExactly("other", "v4");
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.a", "{\"key\":\"k1\"}")))
                .containsExactly("v4");
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.a", "{\"key\":\"none\"}"))).isEmpty();
    }

    @Test
    void aKeyThatIsReplacedWhileAGroupHasItIsNotHandedOutAgain() {
        rig.create("a");
        rig.send("a", "v0", Map.of("mq9-key", "k"));
        assertThat(rig.fetched("a", "g")).containsExactly("v0");

        rig.send("a", "v1", Map.of("mq9-key", "k"));

        assertThat(rig.fetched("a", "g")).containsExactly("v1");
    }

    @Test
    void aDelayedMailIsInvisibleUntilItIsDue() {
        rig.create("a");
        assertThat(rig.send("a", "later", Map.of("mq9-delay", "60"))).isEqualTo(-1);
        rig.send("a", "now");
        assertThat(rig.fetched("a", "g")).containsExactly("now");
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.a", ""))).containsExactly("now");
        rig.ack("a", "g", 0);

        rig.pass(Duration.ofSeconds(61));

        JsonNode reply =
                rig.fetch(
                        "a",
                        "g",
                        body -> {
                            body.putObject("config").put("max_wait_ms", 10_000);
                            return body;
                        });
        assertThat(payloads(reply)).containsExactly("later");
    }

    @Test
    void timeToLiveHidesAMailFromEveryReader() {
        rig.create("a");
        rig.send("a", "brief", Map.of("mq9-ttl", "30"));
        rig.send("a", "lasting");
        assertThat(rig.fetched("a", "g")).containsExactly("brief", "lasting");

        rig.pass(Duration.ofSeconds(31));

        assertThat(rig.fetched("a", "g")).containsExactly("lasting");
        assertThat(rig.fetched("a", "fresh")).containsExactly("lasting");
        assertThat(rig.fetched("a", "")).containsExactly("lasting");
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.a", ""))).containsExactly("lasting");
    }

    @Test
    void headersOutOfBoundsAreRefused() {
        rig.create("a");
        assertThat(sendError(Map.of("mq9-delay", "soon"))).startsWith("mq9-delay must be a number");
        assertThat(sendError(Map.of("mq9-ttl", "-1"))).startsWith("mq9-ttl must be a number");
        assertThat(sendError(Map.of("mq9-key", "k".repeat(1025))))
                .isEqualTo("mq9-key may have 1024 bytes");
        assertThat(sendError(Map.of("mq9-tags", "t".repeat(257))))
                .isEqualTo("a tag may have 256 characters");
        assertThat(sendError(Map.of("mq9-tags", "t,".repeat(65))))
                .isEqualTo("a message may have 64 tags");
        assertThat(rig.fetched("a", "g")).isEmpty();
    }

    private String sendError(Map<String, String> headers) {
        return rig.ask("$mq9.AI.MSG.SEND.a", headers, bytes("x")).path("error").asText();
    }

    @Test
    void aFullMailboxRefusesUntilItsGroupsAreDone() {
        rig.close();
        Mq9Settings base = Mq9Rig.SETTINGS;
        rig =
                Mq9Rig.inMemory(
                        new Mq9Settings(
                                base.mailboxTtl(),
                                base.mailRetention(),
                                base.groupRetention(),
                                10,
                                base.maxReplyBytes(),
                                base.maxWait(),
                                base.agentLiveness(),
                                base.agentTtl(),
                                3,
                                base.maxAgents()));
        rig.create("a");
        rig.create("b");
        for (int i = 0; i < 10; i++) {
            rig.send("a", "m" + i);
        }
        assertThat(error("$mq9.AI.MSG.SEND.a", "more")).isEqualTo("mailbox a is full");
        rig.send("b", "others go on");
        rig.create("c");
        assertThat(error("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"d\"}"))
                .isEqualTo("there are 3 mailboxes already");

        assertThat(rig.fetched("a", "g")).hasSize(10);
        rig.ack("a", "g", 9);
        rig.pass(Duration.ofSeconds(2));

        assertThat(rig.send("a", "more")).isEqualTo(10);
    }

    // FETCH.

    @Test
    void aMailCarriesItsHeaderBlockAndTimes() {
        rig.create("a");
        rig.send("a", "plain");
        rig.send("a", "x", Map.of("mq9-priority", "urgent", "Other", "1"));

        JsonNode messages = rig.fetch("a", "g", body -> body).path("messages");

        StringBuilder block = new StringBuilder();
        messages.path(0).path("header").forEach(b -> block.append((char) b.asInt()));
        assertThat(block.toString())
                .startsWith("NATS/1.0\r\n")
                .contains("mq9-priority: urgent\r\n", "Other: 1\r\n")
                .endsWith("\r\n\r\n");
        assertThat(messages.path(1).path("header").isNull()).isTrue();
        assertThat(messages.path(1).path("msg_id").asLong()).isZero();
        assertThat(messages.path(1).path("create_time").asLong())
                .isBetween(rig.now() / 1000 - 20, rig.now() / 1000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "{\"deliver\":\"sometimes\"}",
                "{\"deliver\":\"from_time\"}",
                "{\"deliver\":\"from_id\"}",
                "{\"deliver\":\"from_id\",\"from_id\":\"5\"}",
                "{\"config\":5}",
                "{\"config\":{\"num_msgs\":0}}",
                "{\"config\":{\"num_msgs\":\"5\"}}",
                "{\"group_name\":5}",
                "{\"group_name\":\"a/b\"}",
                "{\"force_deliver\":\"yes\"}",
                "{\"encoding\":\"hex\"}"
            })
    void aMalformedFetchIsRefused(String body) {
        rig.create("a");
        assertThat(error("$mq9.AI.MSG.FETCH.a", body)).startsWith("invalid FETCH payload: ");
    }

    @Test
    void commandsOfAMissingMailboxSaySo() {
        assertThat(error("$mq9.AI.MSG.FETCH.no", "{}")).isEqualTo("mailbox not found: no");
        assertThat(error("$mq9.AI.MSG.QUERY.no", "")).isEqualTo("mailbox not found: no");
        assertThat(error("$mq9.AI.MSG.DELETE.no.5", "")).isEqualTo("mailbox not found: no");
        assertThat(rig.ack("no", "g", 0).path("error").asText()).isEqualTo("mailbox not found: no");
    }

    @Test
    void aReplyIsCutToItsSizeAndTheRestComesNext() {
        rig.create("a");
        String large = "x".repeat(300_000);
        for (int i = 0; i < 5; i++) {
            rig.send("a", i + large);
        }

        List<String> first = rig.fetched("a", "g");
        rig.ack("a", "g", first.size() - 1);
        List<String> second = rig.fetched("a", "g");

        assertThat(first).hasSizeBetween(1, 4);
        assertThat(second.getFirst()).startsWith(Integer.toString(first.size()));
    }

    // QUERY and DELETE.

    @Test
    void queryAppliesTheFirstFilterOfKeyTagsSince() {
        rig.create("a");
        rig.send("a", "k", Map.of("mq9-key", "k"));
        rig.send("a", "t", Map.of("mq9-tags", "t"));

        assertThat(
                        payloads(
                                rig.ask(
                                        "$mq9.AI.MSG.QUERY.a",
                                        "{\"key\":\"k\",\"tags\":[\"t\"],\"since\":99999999999}")))
                .containsExactly("k");
        assertThat(
                        payloads(
                                rig.ask(
                                        "$mq9.AI.MSG.QUERY.a",
                                        "{\"tags\":\"t\",\"since\":99999999999}")))
                .containsExactly("t");
        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.a", "{\"since\":99999999999}"))).isEmpty();
        assertThat(error("$mq9.AI.MSG.QUERY.a", "{\"tags\":[5]}"))
                .startsWith("invalid QUERY payload: ");
    }

    @Test
    void queryBringsAHundredAtMostAndConsumesNothing() {
        rig.create("a");
        for (int i = 0; i < 120; i++) {
            rig.send("$mq9.AI.MSG.SEND.a", Map.of(), bytes("m" + i), null);
        }
        rig.send("a", "last");

        assertThat(payloads(rig.ask("$mq9.AI.MSG.QUERY.a", "{\"limit\":1000}"))).hasSize(100);
        assertThat(payloads(rig.fetch("a", "g", body -> body.put("num_msgs", 1000)))).hasSize(121);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "1x", "99999999999999999999"})
    void anIdThatIsNoneIsRefused(String id) {
        rig.create("a");
        assertThat(error("$mq9.AI.MSG.DELETE.a." + id, "")).isEqualTo("invalid msg_id: " + id);
    }

    @Test
    void whatIsDeletedIsGoneForGroupsThatHoldItToo() {
        rig.create("a.b");
        rig.send("a.b", "0");
        rig.send("a.b", "1");
        assertThat(rig.fetched("a.b", "g")).containsExactly("0", "1");

        assertThat(rig.ask("$mq9.AI.MSG.DELETE.a.b.0", "").toString())
                .isEqualTo("{\"error\":\"\",\"deleted\":true}");

        assertThat(rig.fetched("a.b", "g")).containsExactly("1");
        assertThat(error("$mq9.AI.MSG.DELETE.a.b.0", "")).isEqualTo("message not found: 0");
        assertThat(error("$mq9.AI.MSG.DELETE.a.b.9", "")).isEqualTo("message not found: 9");
    }

    // Tenants.

    @Test
    void tenantsDoNotSeeEachOther() {
        rig.create("a");
        rig.send("a", "of default");
        rig.as("ann", "other");

        assertThat(error("$mq9.AI.MSG.QUERY.a", "")).isEqualTo("mailbox not found: a");
        rig.create("a");
        rig.send("a", "of other");
        assertThat(rig.fetched("a", "g")).containsExactly("of other");
    }
}
