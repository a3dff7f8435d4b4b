package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.nats.JetStreamClient.Delivery;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restart must not change. */
class JetStreamRestartTest {

    @Test
    void streamsConsumersAndTheDuplicateWindowSurvive(@TempDir Path folder) throws Exception {
        try (TestNats nats = TestNats.streaming(folder);
                JetStreamClient client = new JetStreamClient(nats.address())) {
            client.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
            client.api(
                    "CONSUMER.CREATE.S.c",
                    "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"c\","
                            + "\"ack_policy\":\"explicit\"}}");
            for (int i = 1; i <= 5; i++) {
                client.put("s." + i, "m" + i, "Nats-Msg-Id: i" + i);
            }
            client.api("STREAM.MSG.DELETE.S", "{\"seq\":2,\"no_erase\":true}");
            Delivery first = client.pull("S", "c", 1, "").getFirst();
            client.ack(first, "+ACK");
            assertThat(client.texts("S", "c", 1)).containsExactly("m3");
        }
        try (TestNats nats = TestNats.streaming(folder);
                JetStreamClient client = new JetStreamClient(nats.address())) {
            JsonNode state = client.api("STREAM.INFO.S", "").get("state");
            assertThat(state.get("messages").asLong()).isEqualTo(4);
            assertThat(state.get("num_deleted").asLong()).isEqualTo(1);
            assertThat(client.put("s.5", "m5", "Nats-Msg-Id: i5").get("duplicate").asBoolean())
                    .isTrue();
            JsonNode info = client.api("CONSUMER.INFO.S.c", "");
            assertThat(info.get("num_ack_pending").asInt()).isEqualTo(1);
            assertThat(info.get("num_pending").asInt()).isEqualTo(2);
            assertThat(info.path("delivered").path("consumer_seq").asLong()).isEqualTo(2);
            assertThat(info.path("ack_floor").path("stream_seq").asLong()).isEqualTo(1);
            assertThat(client.texts("S", "c", 9)).containsExactly("m4", "m5");
            assertThat(client.put("s.6", "m6").get("seq").asLong()).isEqualTo(6);
        }
    }

    @Test
    void countersGoOnWithWhatHasToBeReadFirst(@TempDir Path folder) throws Exception {
        int counters = 100;
        try (TestNats nats = TestNats.streaming(folder);
                JetStreamClient client = new JetStreamClient(nats.address())) {
            client.api(
                    "STREAM.CREATE.S",
                    "{\"name\":\"S\",\"subjects\":[\"s.>\"],\"allow_msg_counter\":true}");
            for (int i = 0; i < counters; i++) {
                client.put("s." + i, "", "Nats-Incr: " + i);
            }
        }
        try (TestNats nats = TestNats.streaming(folder);
                JetStreamClient client = new JetStreamClient(nats.address())) {
            for (int i = 0; i < counters; i++) {
                client.publish("s." + i, "_INBOX.main.c" + i, "Nats-Incr: 1\r\n", "");
            }
            for (int i = 0; i < counters; i++) {
                JsonNode ack = JetStreamClient.json(client.next("_INBOX.main.c" + i));
                assertThat(ack.path("val").asText()).isEqualTo(Integer.toString(i + 1));
                assertThat(ack.path("seq").asInt()).isEqualTo(counters + i + 1);
            }
        }
    }

    @Test
    void aPurgedStreamGoesOnWithItsNumbers(@TempDir Path folder) throws Exception {
        try (TestNats nats = TestNats.streaming(folder);
                JetStreamClient client = new JetStreamClient(nats.address())) {
            client.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s\"],\"first_seq\":50}");
            assertThat(client.put("s", "x").get("seq").asLong()).isEqualTo(50);
            client.api("STREAM.PURGE.S", "");
        }
        try (TestNats nats = TestNats.streaming(folder);
                JetStreamClient client = new JetStreamClient(nats.address())) {
            JsonNode state = client.api("STREAM.INFO.S", "").get("state");
            assertThat(state.get("first_seq").asLong()).isEqualTo(51);
            assertThat(client.put("s", "y").get("seq").asLong()).isEqualTo(51);
        }
    }

    @Test
    void whoWaitsForMessagesHearsThatTheServerEnds(@TempDir Path folder) throws Exception {
        TestNats nats = TestNats.streaming(folder);
        try (JetStreamClient client = new JetStreamClient(nats.address())) {
            client.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s\"]}");
            client.api(
                    "CONSUMER.CREATE.S.c",
                    "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"c\","
                            + "\"ack_policy\":\"explicit\"}}");
            String inbox = client.subscribe("wait");
            client.publish(
                    "$JS.API.CONSUMER.MSG.NEXT.S.c",
                    "wait",
                    "",
                    "{\"batch\":3,\"expires\":60000000000}");
            client.api("STREAM.INFO.S", "");
            nats.close();
            Delivery told = client.nextOf(inbox);
            assertThat(told.headers()).startsWith("NATS/1.0 409 Server Shutdown\r\n");
            assertThat(told.header("Nats-Pending-Messages")).isEqualTo("3");
        }
    }
}
