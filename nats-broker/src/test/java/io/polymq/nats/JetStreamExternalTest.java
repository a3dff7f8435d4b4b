package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mirrors and sources of another account's streams, through its exports. */
class JetStreamExternalTest {

    private static final String ACCOUNTS =
            """
            jetstream: enabled
            accounts {
              A {
                jetstream: enabled
                users: [{user: a, password: a}]
                exports: [
                  {service: "$JS.API.>", response_type: stream}
                  {service: "$JS.FC.>"}
                  {stream: "to.b.>"}
                ]
              }
              B {
                jetstream: enabled
                users: [{user: b, password: b}]
                imports: [
                  {service: {account: A, subject: "$JS.API.>"}, to: "JS.A.API.>"}
                  {service: {account: A, subject: "$JS.FC.>"}}
                  {stream: {account: A, subject: "to.b.>"}}
                ]
              }
            }
            """;
    private static final String EXTERNAL =
            "\"external\":{\"api\":\"JS.A.API\",\"deliver\":\"to.b\"}";
    private static final long PATIENCE_NANOS = 15_000_000_000L;

    private static JsonNode await(JetStreamClient client, String stream, Predicate<JsonNode> is) {
        long limit = System.nanoTime() + PATIENCE_NANOS;
        JsonNode info = client.api("STREAM.INFO." + stream, "");
        while (!is.test(info) && System.nanoTime() < limit) {
            info = client.api("STREAM.INFO." + stream, "");
        }
        assertThat(is.test(info)).as(info.toString()).isTrue();
        return info;
    }

    private static Predicate<JsonNode> messages(int count) {
        return info -> info.path("state").path("messages").asInt() == count;
    }

    @Test
    void aConsumerWaitsForWhoListensInAnotherAccount(@TempDir Path folder) throws Exception {
        try (TestNats nats = TestNats.configured(ACCOUNTS, folder);
                JetStreamClient a = new JetStreamClient(nats.address(), "a");
                JetStreamClient b = new JetStreamClient(nats.address(), "b")) {
            a.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
            a.api(
                    "CONSUMER.CREATE.S.c",
                    "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"c\","
                            + "\"ack_policy\":\"explicit\",\"deliver_subject\":\"to.b.c\"}}");
            a.put("s.a", "for b");
            assertThat(a.api("CONSUMER.INFO.S.c", "").at("/num_ack_pending").asInt()).isZero();
            String sid = b.subscribe("to.b.c");
            assertThat(b.nextOf(sid).text()).isEqualTo("for b");
        }
    }

    @Test
    void anAccountWithoutStreamsIsToldSoAndHasNobodyWhoAnswersElse(@TempDir Path folder)
            throws Exception {
        try (TestNats nats =
                        TestNats.configured(
                                "accounts { A { users: [{user: a, password: a}] } }", folder);
                JetStreamClient a = new JetStreamClient(nats.address(), "a")) {
            assertThat(a.api("INFO", "").at("/error/err_code").asInt()).isEqualTo(10039);
            assertThat(a.request("$JS.API.STREAM.NAMES", "", "").status()).isEqualTo(503);
        }
    }

    @Test
    void anAccountMayLimitWhatAConsumerLeavesUnacknowledged(@TempDir Path folder) throws Exception {
        try (TestNats nats =
                        TestNats.configured(
                                "accounts { A { jetstream { max_ack_pending: 100 },"
                                        + " users: [{user: a, password: a}] } }",
                                folder);
                JetStreamClient a = new JetStreamClient(nats.address(), "a")) {
            a.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
            String create =
                    "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"c\","
                            + "\"ack_policy\":\"explicit\",\"max_ack_pending\":%d}}";
            JsonNode refused = a.api("CONSUMER.CREATE.S.c", create.formatted(101));
            assertThat(refused.at("/error/err_code").asInt()).isEqualTo(10121);
            JsonNode usual = a.api("CONSUMER.CREATE.S.c", create.formatted(0));
            assertThat(usual.at("/config/max_ack_pending").asInt()).isEqualTo(100);
        }
    }

    @Test
    void aStreamOfAnotherAccountIsMirroredAndTheMirrorGoesOnAfterARestart(@TempDir Path folder)
            throws Exception {
        try (TestNats nats = TestNats.configured(ACCOUNTS, folder);
                JetStreamClient a = new JetStreamClient(nats.address(), "a");
                JetStreamClient b = new JetStreamClient(nats.address(), "b")) {
            a.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
            for (int i = 1; i <= 2000; i++) {
                a.publish("s." + i, "", "", "m" + i);
            }
            a.flush();
            a.api("STREAM.MSG.DELETE.S", "{\"seq\":1}");
            b.api(
                    "STREAM.CREATE.M",
                    "{\"name\":\"M\",\"mirror\":{\"name\":\"S\"," + EXTERNAL + "}}");
            JsonNode info = await(b, "M", messages(1999));
            assertThat(info.path("state").path("first_seq").asInt()).isEqualTo(2);
            assertThat(info.path("state").path("last_seq").asInt()).isEqualTo(2000);
            assertThat(info.path("mirror").path("external").path("api").asText())
                    .isEqualTo("JS.A.API");
            JsonNode message = b.api("STREAM.MSG.GET.M", "{\"seq\":7}").path("message");
            assertThat(message.path("subject").asText()).isEqualTo("s.7");
            assertThat(message.path("time").asText())
                    .isEqualTo(
                            a.api("STREAM.MSG.GET.S", "{\"seq\":7}")
                                    .path("message")
                                    .path("time")
                                    .asText());
        }
        try (TestNats nats = TestNats.configured(ACCOUNTS, folder);
                JetStreamClient a = new JetStreamClient(nats.address(), "a");
                JetStreamClient b = new JetStreamClient(nats.address(), "b")) {
            a.put("s.more", "more");
            JsonNode state = await(b, "M", messages(2000)).path("state");
            assertThat(state.path("last_seq").asInt()).isEqualTo(2001);
        }
    }

    @Test
    void whatIsSourcedFromAnotherAccountSaysWhereItCameFrom(@TempDir Path folder) throws Exception {
        try (TestNats nats = TestNats.configured(ACCOUNTS, folder);
                JetStreamClient a = new JetStreamClient(nats.address(), "a");
                JetStreamClient b = new JetStreamClient(nats.address(), "b")) {
            a.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
            b.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"own\"]}");
            a.put("s.1", "one");
            a.put("s.x", "other");
            b.api(
                    "STREAM.CREATE.T",
                    "{\"name\":\"T\",\"sources\":[{\"name\":\"S\",\"filter_subject\":\"s.1\","
                            + EXTERNAL
                            + "},{\"name\":\"S\"}]}");
            b.put("own", "mine");
            await(b, "T", messages(2));
            a.put("s.1", "again");
            await(b, "T", messages(3));
            String encoded =
                    b.api("STREAM.MSG.GET.T", "{\"last_by_subj\":\"s.1\"}")
                            .path("message")
                            .path("hdrs")
                            .asText();
            assertThat(new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8))
                    .containsPattern("Nats-Stream-Source: S:\\w{8} 3 s\\.1 > s\\.1\r\n");
        }
    }

    @Test
    void aSourceThatCannotBeReachedIsToldOfAndFoundLater(@TempDir Path folder) throws Exception {
        try (TestNats nats = TestNats.configured(ACCOUNTS, folder);
                JetStreamClient a = new JetStreamClient(nats.address(), "a");
                JetStreamClient b = new JetStreamClient(nats.address(), "b")) {
            b.api(
                    "STREAM.CREATE.M",
                    "{\"name\":\"M\",\"mirror\":{\"name\":\"S\"," + EXTERNAL + "}}");
            await(
                    b,
                    "M",
                    info -> info.path("mirror").path("error").path("err_code").asInt() == 10059);
            a.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
            a.put("s.1", "one");
            await(b, "M", info -> messages(1).test(info) && !info.path("mirror").has("error"));
        }
    }

    @Test
    void whereAnotherAccountIsLookedForMustBeASubject(@TempDir Path folder) throws Exception {
        try (TestNats nats = TestNats.configured(ACCOUNTS, folder);
                JetStreamClient b = new JetStreamClient(nats.address(), "b")) {
            assertThat(code(b, "\"api\":\"$JS.API\"")).isEqualTo(10021);
            assertThat(code(b, "\"api\":\"JS.*.API\"")).isEqualTo(10052);
            assertThat(code(b, "\"api\":\"JS.A.API\",\"deliver\":\"to.>\"")).isEqualTo(10024);
        }
    }

    private static int code(JetStreamClient client, String external) {
        return client.api(
                        "STREAM.CREATE.M",
                        "{\"name\":\"M\",\"mirror\":{\"name\":\"S\",\"external\":{"
                                + external
                                + "}}}")
                .path("error")
                .path("err_code")
                .asInt();
    }
}
