package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.nats.JetStreamClient.Delivery;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Corner cases of streams that take more than one request to see, by their numbers. */
class JetStreamCornerCasesTest {

    private static final int CONSUMER_SEQUENCE = 6;

    private static TestNats nats;
    private JetStreamClient client;

    @BeforeAll
    static void start(@TempDir Path folder) {
        nats = TestNats.streaming(folder);
    }

    @AfterAll
    static void stop() throws Exception {
        nats.close();
    }

    @BeforeEach
    void connect() throws IOException {
        client = new JetStreamClient(nats.address());
        stream("");
    }

    @AfterEach
    void disconnect() throws IOException {
        client.api("STREAM.DELETE.S", "");
        client.close();
    }

    private JsonNode stream(String more) {
        return made(
                client.api(
                        "STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]" + more + '}'));
    }

    private JsonNode consumer(String name, String more) {
        return made(
                client.api(
                        "CONSUMER.CREATE.S." + name,
                        "{\"stream_name\":\"S\",\"config\":{\"name\":\""
                                + name
                                + '"'
                                + more
                                + "}}"));
    }

    private static JsonNode made(JsonNode answer) {
        assertThat(answer.path("error").isMissingNode()).as(answer.toString()).isTrue();
        return answer;
    }

    private JsonNode info(String consumer) {
        return made(client.api("CONSUMER.INFO.S." + consumer, ""));
    }

    private void wait(String request) {
        client.publish("$JS.API.CONSUMER.MSG.NEXT.S.c", "_INBOX.main.wait", "", request);
    }

    @Test
    void case17aPublishThatNoStreamTakesHasNoResponders() {
        assertThat(client.request("no.stream", "", "x").status()).isEqualTo(503);
    }

    @Test
    void case25namesThatMatchNothingAreNullAndNoError() {
        JsonNode names = made(client.api("STREAM.NAMES", "{\"subject\":\"nothing.here\"}"));
        assertThat(names.path("streams").isNull()).as(names.toString()).isTrue();
        assertThat(names.path("total").asInt()).isZero();
    }

    @Test
    void case29anIdIsForgottenWhenTheWindowIsOver() {
        client.api("STREAM.DELETE.S", "");
        stream(",\"duplicate_window\":200000000");
        client.put("s.1", "x", "Nats-Msg-Id: i");
        long limit = System.nanoTime() + 20_000_000_000L;
        JsonNode again = client.put("s.1", "x", "Nats-Msg-Id: i");
        while (again.has("duplicate") && System.nanoTime() < limit) {
            assertThat(again.path("seq").asInt()).isEqualTo(1);
            again = client.put("s.1", "x", "Nats-Msg-Id: i");
        }
        assertThat(again.has("duplicate")).isFalse();
        assertThat(again.path("seq").asInt()).isEqualTo(2);
    }

    @Test
    void case30aSecondAckAndOneOfAnUnknownNumberAreQuiet() {
        consumer("c", ",\"ack_policy\":\"explicit\"");
        client.put("s.1", "one");
        client.put("s.2", "two");
        List<Delivery> got = client.pull("S", "c", 2, "");
        client.ack(got.get(0), "+ACK");
        client.publish(got.get(0).reply(), "", "", "+ACK");
        client.publish(got.get(1).reply().replace(".2.2.", ".99.99."), "", "", "+ACK");
        client.flush();
        JsonNode info = info("c");
        assertThat(info.path("num_ack_pending").asInt()).isEqualTo(1);
        assertThat(info.path("ack_floor").path("stream_seq").asInt()).isEqualTo(1);
        client.ack(got.get(1), "");
        assertThat(info("c").path("num_ack_pending").asInt()).isZero();
    }

    @Test
    void case31whatNextBringsComesUnderTheStreamsSubjectOnTheInboxesSid() {
        consumer("c", ",\"ack_policy\":\"explicit\"");
        client.put("s.1", "one");
        client.put("s.2", "two");
        Delivery first = client.pull("S", "c", 1, "").getFirst();
        assertThat(first.subject()).isEqualTo("s.1");
        client.publish(first.reply(), "_INBOX.main.next", "", "+NXT");
        Delivery second = client.nextOf("1");
        assertThat(second.subject()).isEqualTo("s.2");
        assertThat(second.text()).isEqualTo("two");
    }

    @Test
    void case32heartbeatsContinueWhileAPullWaits() {
        consumer("c", ",\"ack_policy\":\"explicit\"");
        wait("{\"batch\":1,\"expires\":1000000000,\"idle_heartbeat\":200000000}");
        int heartbeats = 0;
        Delivery next = client.nextOf("1");
        while (next.status() == 100) {
            heartbeats++;
            next = client.nextOf("1");
        }
        assertThat(heartbeats).isGreaterThanOrEqualTo(2);
        assertThat(next.status()).isEqualTo(408);
    }

    @Test
    void case33deletingAConsumerOrItsStreamEndsItsPulls() {
        consumer("c", ",\"ack_policy\":\"explicit\"");
        wait("{\"batch\":1}");
        made(client.api("CONSUMER.DELETE.S.c", ""));
        Delivery end = client.next("_INBOX.main.wait");
        assertThat(end.status()).isEqualTo(409);
        assertThat(end.headers()).contains("Consumer Deleted");
        consumer("c", ",\"ack_policy\":\"explicit\"");
        wait("{\"batch\":1}");
        client.flush();
        made(client.api("STREAM.DELETE.S", ""));
        assertThat(client.next("_INBOX.main.wait").status()).isEqualTo(409);
    }

    @Test
    void case35heartbeatsTellTheLastNumbersWhichHaveNoGaps() {
        String sid = client.subscribe("deliver.here");
        for (int i = 1; i <= 5; i++) {
            client.put(i % 2 == 0 ? "s.even" : "s.odd", "m" + i);
        }
        consumer(
                "ordered",
                ",\"deliver_subject\":\"deliver.here\",\"ack_policy\":\"none\",\"max_deliver\":1,"
                        + "\"filter_subject\":\"s.odd\",\"flow_control\":true,"
                        + "\"idle_heartbeat\":200000000,\"mem_storage\":true");
        for (int i = 1; i <= 3; i++) {
            Delivery next = client.nextOf(sid);
            assertThat(next.reply().split("\\.")[CONSUMER_SEQUENCE]).isEqualTo(String.valueOf(i));
        }
        Delivery heartbeat = client.nextOf(sid);
        assertThat(heartbeat.status()).isEqualTo(100);
        assertThat(heartbeat.header("Nats-Last-Consumer")).isEqualTo("3");
        assertThat(heartbeat.header("Nats-Last-Stream")).isEqualTo("5");
    }

    @Test
    void case39aConfigurationThatIsReadCanBeSentBackAndStaysTheSame() {
        JsonNode config = made(client.api("STREAM.INFO.S", "")).path("config");
        for (String key :
                List.of(
                        "retention",
                        "max_consumers",
                        "max_msgs",
                        "max_bytes",
                        "max_age",
                        "max_msgs_per_subject",
                        "max_msg_size",
                        "discard",
                        "storage",
                        "num_replicas",
                        "duplicate_window",
                        "compression",
                        "allow_direct",
                        "mirror_direct",
                        "sealed",
                        "deny_delete",
                        "deny_purge",
                        "allow_rollup_hdrs")) {
            assertThat(config.has(key)).as(key).isTrue();
        }
        for (String key : List.of("mirror", "sources", "placement", "republish", "description")) {
            assertThat(config.has(key)).as(key).isFalse();
        }
        JsonNode again = made(client.api("STREAM.UPDATE.S", config.toString())).path("config");
        assertThat(again).isEqualTo(config);
        JsonNode consumer = consumer("c", ",\"ack_policy\":\"explicit\"").path("config");
        assertThat(consumer.path("deliver_policy").asText()).isEqualTo("all");
        assertThat(consumer.path("max_ack_pending").asInt()).isEqualTo(1000);
        assertThat(consumer.has("deliver_subject")).isFalse();
        JsonNode same =
                made(
                        client.api(
                                "CONSUMER.CREATE.S.c",
                                new ObjectMapper()
                                        .createObjectNode()
                                        .put("stream_name", "S")
                                        .set("config", consumer)
                                        .toString()));
        assertThat(same.path("config")).isEqualTo(consumer);
    }

    @Test
    void case40numbersAreWholeAndTimesHaveTheirZone() {
        client.api("STREAM.DELETE.S", "");
        JsonNode stream = stream(",\"first_seq\":9007199254740993,\"max_age\":3600000000001");
        assertThat(stream.path("config").path("max_age").toString()).isEqualTo("3600000000001");
        assertThat(client.put("s.1", "x").path("seq").toString()).isEqualTo("9007199254740993");
        JsonNode consumer = consumer("c", ",\"ack_policy\":\"explicit\",\"ack_wait\":30000000001");
        assertThat(consumer.path("config").path("ack_wait").toString()).isEqualTo("30000000001");
        String time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z";
        assertThat(stream.path("created").asText()).matches(time);
        assertThat(
                        client.api("STREAM.MSG.GET.S", "{\"seq\":9007199254740993}")
                                .path("message")
                                .path("time")
                                .asText())
                .matches(time);
    }
}
