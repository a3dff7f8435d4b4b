package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.nats.account.TestKeys;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What exporters demand of importers, and what they are told about it. */
class NatsTradeTest {

    private static final String MEASURED =
            """
            accounts {
              A {
                users: [{user: a, password: a}]
                exports: [
                  {service: "timed", latency: {sampling: 100, subject: "lat"}, threshold: "200ms"}
                  {service: "traced", latency: {sampling: headers, subject: "lat"}}
                ]
              }
              B {
                users: [{user: b, password: b}]
                imports: [
                  {service: {account: A, subject: "timed"}, share: true}
                  {service: {account: A, subject: "traced"}}
                ]
              }
            }
            """;

    private static WireClient as(TestNats nats, String user) throws IOException {
        return WireClient.connected(
                nats.address(),
                ",\"name\":\"" + user + "\",\"user\":\"" + user + "\",\"pass\":\"" + user + '"');
    }

    private static JsonNode metric(WireClient client) throws IOException {
        assertThat(client.line()).startsWith("MSG lat ");
        JsonNode metric = new ObjectMapper().readTree(client.line());
        assertThat(metric.path("type").asText())
                .isEqualTo("io.nats.server.metric.v1.service_latency");
        return metric;
    }

    @Test
    void anExporterIsToldHowLongItsAnswersTook() throws Exception {
        try (TestNats nats = TestNats.configured(MEASURED);
                WireClient a = as(nats, "a");
                WireClient told = as(nats, "a");
                WireClient b = as(nats, "b")) {
            told.send("SUB lat 1\r\n").untilPong();
            a.send("SUB timed 1\r\n").untilPong();
            b.send("SUB in 1\r\nPUB timed in 1\r\n?\r\n").untilPong();
            String reply = a.untilPong().split(" ")[3];
            a.send("PUB " + reply + " 2\r\nok\r\n").untilPong();
            assertThat(b.untilPong()).contains("ok");
            JsonNode metric = metric(told);
            assertThat(metric.path("status").asInt()).isEqualTo(200);
            assertThat(metric.path("requestor").path("name").asText()).isEqualTo("b");
            assertThat(metric.path("responder").path("name").asText()).isEqualTo("a");
            assertThat(metric.path("total").asLong())
                    .isGreaterThanOrEqualTo(metric.path("service").asLong())
                    .isPositive();
            assertThat(metric.path("start").asText()).endsWith("Z");
        }
    }

    @Test
    void whatGetsNoAnswerIsToldWithItsReason() throws Exception {
        try (TestNats nats = TestNats.configured(MEASURED);
                WireClient told = as(nats, "a");
                WireClient b = as(nats, "b")) {
            told.send("SUB lat 1\r\n").untilPong();
            b.send("SUB in 1\r\nPUB timed in 1\r\n?\r\n").untilPong();
            assertThat(metric(told).path("status").asInt()).isEqualTo(503);
            b.send("PUB timed 1\r\n?\r\n").untilPong();
            assertThat(metric(told).path("description").asText()).isEqualTo("Bad Request");
            try (WireClient a = as(nats, "a")) {
                a.send("SUB timed 1\r\n").untilPong();
                b.send("PUB timed in 1\r\n?\r\n").untilPong();
                assertThat(metric(told).path("description").asText()).isEqualTo("Service Timeout");
            }
        }
    }

    @Test
    void aTracingHeaderAsksForAMeasurement() throws Exception {
        try (TestNats nats = TestNats.configured(MEASURED);
                WireClient a = as(nats, "a");
                WireClient told = as(nats, "a");
                WireClient b = as(nats, "b")) {
            told.send("SUB lat 1\r\n").untilPong();
            a.send("SUB traced 1\r\n").untilPong();
            String header = "NATS/1.0\r\nX-B3-Sampled: 1\r\n\r\n";
            b.send("SUB in 1\r\nPUB traced in 1\r\n?\r\n").untilPong();
            b.send(
                            "HPUB traced in "
                                    + header.length()
                                    + ' '
                                    + (header.length() + 1)
                                    + "\r\n"
                                    + header
                                    + "?\r\n")
                    .untilPong();
            String[] asked = a.untilPong().split(" ");
            for (int i = 0; i < asked.length; i++) {
                if (asked[i].startsWith("_R_.")) {
                    a.send("PUB " + asked[i] + " 2\r\nok\r\n").untilPong();
                }
            }
            JsonNode metric = metric(told);
            assertThat(metric.path("header").path("X-B3-Sampled").path(0).asText()).isEqualTo("1");
            assertThat(metric.path("requestor").path("acc").asText()).isEqualTo("B");
            assertThat(metric.path("requestor").has("name")).isFalse();
            assertThat(told.untilPong()).as("the plain request is not measured").isEmpty();
        }
    }

    @Test
    void latencyIsForServicesAndSamplesAPart() {
        assertThatThrownBy(
                        () ->
                                TestNats.configured(
                                        MEASURED.replace("sampling: 100", "sampling: 101")))
                .hasMessageContaining("[1..100]");
        assertThatThrownBy(
                        () ->
                                TestNats.configured(
                                        MEASURED.replace(
                                                "{service: \"timed\"", "{stream: \"timed\"")))
                .hasMessageContaining("latency directive on non-service");
    }

    /** An exporter that demands its word, and importers that bring one. */
    private static final class Activated {
        private final TestKeys operator = TestKeys.of('O');
        private final TestKeys exporter = TestKeys.of('A');
        private final TestKeys importer = TestKeys.of('A');
        private final TestKeys exportUser = TestKeys.user();
        private final TestKeys importUser = TestKeys.user();

        private TestNats start(String token, String revocations) {
            String exports =
                    "{\"type\":\"account\",\"version\":2,\"exports\":[{\"type\":\"service\","
                            + "\"subject\":\"ask.>\",\"token_req\":true"
                            + revocations
                            + "}]}";
            String imports =
                    "{\"type\":\"account\",\"version\":2,\"imports\":[{\"type\":\"service\","
                            + "\"account\":\""
                            + exporter.publicKey()
                            + "\",\"subject\":\"ask.me\",\"token\":\""
                            + token
                            + "\"}]}";
            return TestNats.configured(
                    "operator: "
                            + operator.jwt(operator.publicKey(), "{\"type\":\"operator\"}")
                            + "\nresolver: MEMORY\nresolver_preload: { "
                            + exporter.publicKey()
                            + ": "
                            + operator.jwt(exporter.publicKey(), exports)
                            + ", "
                            + importer.publicKey()
                            + ": "
                            + operator.jwt(importer.publicKey(), imports)
                            + " }\n");
        }

        private String token(TestKeys signer, String subject, long expires) {
            return signer.jwt(
                    importer.publicKey(),
                    "{\"type\":\"activation\",\"kind\":\"service\",\"version\":2,\"subject\":\""
                            + subject
                            + "\"}",
                    expires);
        }

        private static WireClient client(TestNats nats, TestKeys account, TestKeys user)
                throws IOException {
            return WireClient.connected(
                    nats.address(),
                    ",\"jwt\":\""
                            + account.jwt(
                                    user.publicKey(),
                                    "{\"type\":\"user\",\"version\":2,\"subs\":-1,"
                                            + "\"bearer_token\":true}")
                            + '"');
        }

        /** Whether a request of the importer reaches the exporter. */
        private boolean isOpen(TestNats nats) throws IOException {
            try (WireClient serving = client(nats, exporter, exportUser);
                    WireClient asking = client(nats, importer, importUser)) {
                serving.send("SUB ask.me 1\r\n").untilPong();
                asking.send("PUB ask.me 1\r\n?\r\n").untilPong();
                return !serving.untilPong().isEmpty();
            }
        }
    }

    @Test
    void anImportNeedsTheExportersWordWhereItDemandsOne() throws Exception {
        Activated trade = new Activated();
        long soon = System.currentTimeMillis() / 1000 + 3600;
        try (TestNats nats = trade.start(trade.token(trade.exporter, "ask.*", soon), "")) {
            assertThat(trade.isOpen(nats)).isTrue();
        }
        try (TestNats nats = trade.start("", "")) {
            assertThat(trade.isOpen(nats)).as("no token").isFalse();
        }
        try (TestNats nats = trade.start(trade.token(TestKeys.of('A'), "ask.*", soon), "")) {
            assertThat(trade.isOpen(nats)).as("somebody else's word").isFalse();
        }
        try (TestNats nats = trade.start(trade.token(trade.exporter, "other.*", soon), "")) {
            assertThat(trade.isOpen(nats)).as("for another subject").isFalse();
        }
        try (TestNats nats =
                trade.start(
                        trade.token(trade.exporter, "ask.*", soon),
                        ",\"revocations\":{\"" + trade.importer.publicKey() + "\":1800000000}")) {
            assertThat(trade.isOpen(nats)).as("taken back").isFalse();
        }
    }

    @Test
    void anImportEndsWithItsActivation() throws Exception {
        Activated trade = new Activated();
        long end = System.currentTimeMillis() / 1000 + 3;
        try (TestNats nats = trade.start(trade.token(trade.exporter, "ask.me", end), "")) {
            assertThat(trade.isOpen(nats)).isTrue();
            boolean open = true;
            long limit = System.nanoTime() + 20_000_000_000L;
            while (open && System.nanoTime() < limit) {
                open = trade.isOpen(nats);
            }
            assertThat(open).isFalse();
        }
    }
}
