package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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

/** Streams and consumers as a client sees them; the corner cases of the protocol by their names. */
class JetStreamTest {

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
    }

    @AfterEach
    void disconnect() throws IOException {
        client.api("STREAM.DELETE.S", "");
        client.close();
    }

    private JsonNode stream(String more) {
        JsonNode made =
                client.api(
                        "STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]" + more + '}');
        assertThat(made.path("error").isMissingNode()).as(made.toString()).isTrue();
        return made;
    }

    private JsonNode consumer(String more) {
        JsonNode made =
                client.api(
                        "CONSUMER.CREATE.S.c",
                        "{\"stream_name\":\"S\",\"config\":{\"durable_name\":\"c\","
                                + "\"ack_policy\":\"explicit\""
                                + more
                                + "}}");
        assertThat(made.path("error").isMissingNode()).as(made.toString()).isTrue();
        return made;
    }

    private JsonNode state() {
        return client.api("STREAM.INFO.S", "{\"deleted_details\":true}").get("state");
    }

    private static int code(JsonNode answer) {
        return answer.path("error").path("err_code").asInt();
    }

    @Test
    void aStreamNeverWrittenBeginsAtZeroAndAnEmptiedOneBehindItsLast() {
        stream("");
        assertThat(state().get("first_seq").asLong()).isZero();
        assertThat(state().get("first_ts").asText()).isEqualTo("0001-01-01T00:00:00Z");
        client.put("s.a", "1");
        client.put("s.a", "2");
        client.api("STREAM.PURGE.S", "");
        assertThat(state().get("first_seq").asLong()).isEqualTo(3);
        assertThat(state().get("last_seq").asLong()).isEqualTo(2);
    }

    @Test
    void theSameCreateAgainAnswersWithTheFirstCreationTime() {
        JsonNode first = stream("");
        JsonNode again = client.api("STREAM.CREATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
        assertThat(again.get("created")).isEqualTo(first.get("created"));
        assertThat(again.has("did_create")).isFalse();
    }

    @Test
    void anUnknownFieldOfARequestIsRefused() {
        JsonNode refused = client.api("STREAM.CREATE.S", "{\"name\":\"S\",\"colour\":\"red\"}");
        assertThat(code(refused)).isEqualTo(10025);
        assertThat(refused.path("error").path("description").asText())
                .isEqualTo("invalid JSON: json: unknown field \"colour\"");
    }

    @Test
    void aDirectGetThatAsksForNothingIsEmpty() {
        stream(",\"allow_direct\":true");
        JetStreamClient.Delivery told = client.request("$JS.API.DIRECT.GET.S", "", "{\"seq\":0}");
        assertThat(told.headers()).isEqualTo("NATS/1.0 408 Empty Request\r\n\r\n");
    }

    @Test
    void aRequestIsCountedBehindItsAnswer() {
        long before = client.api("INFO", "").at("/api/total").asLong();
        assertThat(client.api("INFO", "").at("/api/total").asLong()).isEqualTo(before + 1);
        client.api("STREAM.INFO.S", "");
        assertThat(client.api("INFO", "").at("/api/total").asLong()).isEqualTo(before + 3);
    }

    @Test
    void aSourceBehindItsOwnMirrorIsACycle() {
        stream("");
        client.api("STREAM.CREATE.M", "{\"name\":\"M\",\"mirror\":{\"name\":\"S\"}}");
        JsonNode refused =
                client.api(
                        "STREAM.CREATE.T",
                        "{\"name\":\"T\",\"sources\":[{\"name\":\"S\"},{\"name\":\"M\"}]}");
        client.api("STREAM.DELETE.M", "");
        assertThat(code(refused)).isEqualTo(10052);
    }

    @Test
    void whatAMirrorKeepsHasNoHeadersMoreThanItsOrigin() {
        stream("");
        client.put("s.a", "plain");
        client.api("STREAM.CREATE.M", "{\"name\":\"M\",\"mirror\":{\"name\":\"S\"}}");
        client.api(
                "CONSUMER.CREATE.M.c",
                "{\"stream_name\":\"M\",\"config\":{\"durable_name\":\"c\"}}");
        JetStreamClient.Delivery got = client.pull("M", "c", 1, "").getFirst();
        client.api("STREAM.DELETE.M", "");
        assertThat(got.text()).isEqualTo("plain");
        assertThat(got.headers()).isEmpty();
    }

    @Test
    void theNameInTheSubjectIsTheConsumers() {
        stream("");
        String create =
                "{\"stream_name\":\"S\",\"config\":{\"name\":\"n\",\"durable_name\":\"d\"}}";
        assertThat(code(client.api("CONSUMER.CREATE.S.n", create))).isEqualTo(10017);
        assertThat(client.api("CONSUMER.CREATE.S.d", create).at("/config/name").asText())
                .isEqualTo("d");
        assertThat(code(client.api("CONSUMER.DURABLE.CREATE.S.d", create))).isEqualTo(10132);
    }

    @Test
    void aFilterThatNoSubjectMatchesLeavesTheSubjectsOut() {
        stream("");
        client.put("s.a", "1");
        JsonNode all = client.api("STREAM.INFO.S", "{\"subjects_filter\":\">\"}");
        assertThat(all.path("state").path("subjects").path("s.a").asInt()).isEqualTo(1);
        JsonNode none = client.api("STREAM.INFO.S", "{\"subjects_filter\":\"other\"}");
        assertThat(none.path("state").has("subjects")).isFalse();
    }

    @Test
    void mirrorDirectNeedsAMirror() {
        JsonNode refused = client.api("STREAM.CREATE.S", "{\"name\":\"S\",\"mirror_direct\":true}");
        assertThat(code(refused)).isEqualTo(10052);
        assertThat(refused.path("error").path("description").asText())
                .isEqualTo("stream has no mirror but does have mirror direct");
    }

    @Test
    void aMirrorMayCarryASubjectTransform() {
        stream("");
        JsonNode made =
                client.api(
                        "STREAM.CREATE.M",
                        "{\"name\":\"M\",\"mirror\":{\"name\":\"S\"},"
                                + "\"subject_transform\":{\"src\":\">\",\"dest\":\"t.>\"}}");
        assertThat(code(made)).isZero();
        client.api("STREAM.DELETE.M", "");
    }

    @Test
    void requestsOfThoseWhoHaveLeftWaitNoLonger() {
        stream("");
        consumer("");
        String sid = client.subscribe("gone");
        client.publish("$JS.API.CONSUMER.MSG.NEXT.S.c", "gone", "", "");
        assertThat(waiting()).isEqualTo(1);
        client.unsubscribe(sid);
        assertThat(waiting()).isZero();
    }

    private int waiting() {
        return client.api("CONSUMER.INFO.S.c", "").path("num_waiting").asInt(-1);
    }

    @Test
    void messagesCountTheirOverheadAsFilesDo() {
        stream("");
        client.put("s.a", "12345");
        assertThat(state().get("bytes").asLong()).isEqualTo(3 + 5 + 30);
    }

    @Test
    void case26gapsInTheMiddleCannotBeReadOrDeletedAgain() {
        stream("");
        for (int i = 0; i < 3; i++) {
            client.put("s.a", "x");
        }
        assertThat(client.api("STREAM.MSG.DELETE.S", "{\"seq\":2}").get("success").asBoolean())
                .isTrue();
        assertThat(code(client.api("STREAM.MSG.GET.S", "{\"seq\":2}"))).isEqualTo(10037);
        assertThat(code(client.api("STREAM.MSG.DELETE.S", "{\"seq\":2}"))).isEqualTo(10043);
        assertThat(state().get("deleted").toString()).isEqualTo("[2]");
    }

    @Test
    void case27purgeWithKeepCountsWithinItsFilterAndLeavesTheNewest() {
        stream("");
        for (int i = 0; i < 6; i++) {
            client.put(i % 2 == 0 ? "s.a" : "s.b", "x");
        }
        JsonNode purged = client.api("STREAM.PURGE.S", "{\"filter\":\"s.a\",\"keep\":1}");
        assertThat(purged.get("purged").asLong()).isEqualTo(2);
        assertThat(state().get("messages").asLong()).isEqualTo(4);
        assertThat(
                        client.api("STREAM.MSG.GET.S", "{\"last_by_subj\":\"s.a\"}")
                                .path("message")
                                .path("seq")
                                .asLong())
                .isEqualTo(5);
        assertThat(code(client.api("STREAM.PURGE.S", "{\"seq\":3,\"keep\":1}"))).isEqualTo(10003);
    }

    @Test
    void case27aPurgeBeyondTheEndMovesTheNumbers() {
        stream("");
        client.put("s.a", "x");
        client.api("STREAM.PURGE.S", "{\"seq\":100}");
        assertThat(state().get("first_seq").asLong()).isEqualTo(100);
        assertThat(client.put("s.a", "y").get("seq").asLong()).isEqualTo(100);
    }

    @Test
    void case28expectedLastSubjectSequenceZeroMeansNoMessageNowAlsoAfterAPurge() {
        stream("");
        String none = "Nats-Expected-Last-Subject-Sequence: 0";
        assertThat(client.put("s.a", "1", none).get("seq").asLong()).isEqualTo(1);
        JsonNode refused = client.put("s.a", "2", none);
        assertThat(code(refused)).isEqualTo(10071);
        assertThat(refused.path("error").path("description").asText())
                .isEqualTo("wrong last sequence: 1");
        client.api("STREAM.PURGE.S", "{\"filter\":\"s.a\"}");
        assertThat(client.put("s.a", "3", none).get("seq").asLong()).isEqualTo(2);
    }

    @Test
    void case29anIdOfARefusedPublishCountsAsUnseen() {
        stream(",\"max_msg_size\":3");
        assertThat(code(client.put("s.a", "long", "Nats-Msg-Id: i"))).isEqualTo(10054);
        assertThat(client.put("s.b", "", "Nats-Expected-Stream: T", "Nats-Msg-Id: i").has("error"))
                .isTrue();
        client.api("STREAM.UPDATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"]}");
        assertThat(client.put("s.a", "x", "Nats-Msg-Id: i").has("duplicate")).isFalse();
        assertThat(client.put("s.a", "x", "Nats-Msg-Id: i").get("duplicate").asBoolean()).isTrue();
    }

    @Test
    void anInterestStreamWithoutConsumersUsesUpTheSequenceAndKeepsNothing() {
        stream(",\"retention\":\"interest\"");
        assertThat(client.put("s.a", "x").get("seq").asLong()).isEqualTo(1);
        assertThat(client.put("s.a", "x").get("seq").asLong()).isEqualTo(2);
        assertThat(state().get("messages").asLong()).isZero();
        consumer("");
        assertThat(client.put("s.a", "kept").get("seq").asLong()).isEqualTo(3);
        assertThat(client.texts("S", "c", 5)).containsExactly("kept");
    }

    @Test
    void everyPublishIsAnsweredWhileItsStreamIsMade() {
        for (int round = 0; round < 20; round++) {
            String create = "{\"name\":\"S\",\"subjects\":[\"s.>\"]}";
            client.publish("$JS.API.STREAM.CREATE.S", "_INBOX.main.made" + round, "", create);
            Delivery answer = client.request("s.a", "", "x");
            while (answer.status() == 503) {
                answer = client.request("s.a", "", "x");
            }
            assertThat(JetStreamClient.json(answer).path("seq").asLong()).isEqualTo(1);
            client.next("_INBOX.main.made" + round);
            assertThat(state().get("messages").asLong()).isEqualTo(1);
            client.api("STREAM.DELETE.S", "");
        }
    }

    @Test
    void case37deletingTheLastInterestedConsumerReleasesMessages() {
        stream(",\"retention\":\"interest\"");
        consumer("");
        client.put("s.a", "x");
        assertThat(state().get("messages").asLong()).isEqualTo(1);
        client.api("CONSUMER.DELETE.S.c", "");
        assertThat(state().get("messages").asLong()).isZero();
        consumer("");
        assertThat(client.texts("S", "c", 1)).isEmpty();
    }

    @Test
    void case36aWorkQueueMessageAfterItsLastDeliveryIsNeitherRedeliveredNorRemoved() {
        stream(",\"retention\":\"workqueue\"");
        consumer(",\"max_deliver\":1,\"ack_wait\":100000000");
        String advisories = client.subscribe("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.c");
        client.put("s.a", "x");
        assertThat(client.texts("S", "c", 1)).containsExactly("x");
        assertThat(client.nextOf(advisories).text()).contains("\"deliveries\":1");
        assertThat(client.texts("S", "c", 1)).isEmpty();
        assertThat(state().get("messages").asLong()).isEqualTo(1);
    }

    @Test
    void case30anAckAfterTheWaitStillCountsWhenNobodyElseGotIt() {
        stream("");
        consumer(",\"ack_wait\":100000000");
        String again = client.subscribe("$JS.EVENT.ADVISORY.CONSUMER.>");
        client.put("s.a", "x");
        Delivery first = client.pull("S", "c", 1, "").getFirst();
        Delivery second = client.pull("S", "c", 1, ",\"expires\":5000000000").getFirst();
        assertThat(second.reply()).startsWith("$JS.ACK.S.c.2.1.2.");
        client.ack(first, "+ACK");
        client.ack(second, "+ACK");
        JsonNode info = client.api("CONSUMER.INFO.S.c", "");
        assertThat(info.get("num_ack_pending").asInt()).isZero();
        assertThat(info.path("ack_floor").path("stream_seq").asLong()).isEqualTo(1);
        assertThat(again).isNotEmpty();
    }

    @Test
    void waitingRequestsTakeTurnsMessageByMessage() {
        stream("");
        consumer("");
        String one = client.subscribe("one");
        String two = client.subscribe("two");
        client.publish("$JS.API.CONSUMER.MSG.NEXT.S.c", "one", "", "{\"batch\":3}");
        client.publish("$JS.API.CONSUMER.MSG.NEXT.S.c", "two", "", "{\"batch\":3}");
        client.flush();
        for (int i = 0; i < 6; i++) {
            client.put("s.a", "m" + i);
        }
        for (int i = 0; i < 6; i++) {
            assertThat(client.nextOf(i % 2 == 0 ? one : two).text()).isEqualTo("m" + i);
        }
    }

    @Test
    void case32aHeartbeatOfMoreThanHalfOfTheTimeIsABadRequest() {
        stream("");
        consumer("");
        Delivery status =
                client.pull("S", "c", 1, ",\"expires\":500000000,\"idle_heartbeat\":400000000")
                        .getFirst();
        assertThat(status.status()).isEqualTo(400);
    }

    @Test
    void aBatchThatIsFilledBeforeItsBytesSaysSo() {
        stream("");
        consumer("");
        client.put("s.a", "x");
        String inbox = client.subscribe("inbox");
        client.publish(
                "$JS.API.CONSUMER.MSG.NEXT.S.c", "inbox", "", "{\"batch\":1,\"max_bytes\":1000}");
        assertThat(client.nextOf(inbox).text()).isEqualTo("x");
        Delivery end = client.nextOf(inbox);
        assertThat(end.headers()).startsWith("NATS/1.0 409 Batch Completed\r\n");
        assertThat(end.header("Nats-Pending-Messages")).isEqualTo("0");
    }

    @Test
    void aRequestsBytesCountTheReplySubjectAsWell() {
        stream("");
        consumer("");
        client.put("s.a", "x");
        Delivery first = client.pull("S", "c", 1, "").getFirst();
        client.ack(first, "+ACK");
        client.put("s.a", "y");
        client.put("s.a", "z");
        int size = first.subject().length() + first.reply().length() + first.text().length();
        String inbox = client.subscribe("inbox");
        String next = "$JS.API.CONSUMER.MSG.NEXT.S.c";
        client.publish(next, "inbox", "", "{\"batch\":9,\"max_bytes\":" + (size - 1) + "}");
        assertThat(client.nextOf(inbox).headers())
                .startsWith("NATS/1.0 409 Message Size Exceeds MaxBytes\r\n");
        client.publish(next, "inbox", "", "{\"batch\":9,\"max_bytes\":" + (2 * size) + "}");
        assertThat(client.nextOf(inbox).text()).isEqualTo("y");
        assertThat(client.nextOf(inbox).text()).isEqualTo("z");
    }

    @Test
    void aCounterThatIsSourcedFromOthersIsTheSumOfTheirs() {
        String counter = ",\"allow_msg_counter\":true,\"allow_direct\":true}";
        for (String name : List.of("EAST", "WEST")) {
            String its = "\"name\":\"" + name + "\",\"subjects\":[\"" + name + ".>\"]";
            client.api("STREAM.CREATE." + name, "{" + its + counter);
        }
        client.put("EAST.hits", "", "Nats-Incr: 5");
        String from =
                "{\"name\":\"EAST\",\"subject_transforms\":[{\"src\":\"EAST.>\",\"dest\":\"all.>\"}]}";
        client.api(
                "STREAM.CREATE.ALL",
                "{\"name\":\"ALL\",\"subjects\":[\"all.>\"],\"sources\":["
                        + from
                        + ','
                        + from.replace("EAST", "WEST")
                        + ']'
                        + counter);
        client.put("WEST.hits", "", "Nats-Incr: 10");
        client.put("EAST.hits", "", "Nats-Incr: +2");
        assertThat(counted("17")).isEqualTo("{\"val\":\"17\"}");
        assertThat(client.put("all.hits", "", "Nats-Incr: 1").path("val").asText()).isEqualTo("18");
        client.put("WEST.hits", "", "Nats-Incr: -4");
        assertThat(counted("14")).isEqualTo("{\"val\":\"14\"}");
        Delivery last = client.request("$JS.API.DIRECT.GET.ALL.all.hits", new byte[0]);
        assertThat(last.header("Nats-Incr")).isEqualTo("-4");
        assertThat(last.header("Nats-Counter-Sources"))
                .contains("\"EAST\":{\"EAST.hits\":\"7\"}")
                .contains("\"WEST\":{\"WEST.hits\":\"6\"}");
        for (String name : List.of("EAST", "WEST", "ALL")) {
            client.api("STREAM.DELETE." + name, "");
        }
    }

    private String counted(String wanted) {
        long limit = System.nanoTime() + 10_000_000_000L;
        String found = "";
        while (!found.contains('"' + wanted + '"') && System.nanoTime() < limit) {
            found = client.request("$JS.API.DIRECT.GET.ALL.all.hits", new byte[0]).text();
        }
        return found;
    }

    @Test
    void whoAsksAConsumerThatIsNotThereHasNoResponder() {
        stream("");
        consumer("");
        client.put("s.a", "x");
        assertThat(client.texts("S", "c", 1)).containsExactly("x");
        client.api("CONSUMER.DELETE.S.c", "");
        assertThat(client.request("$JS.API.CONSUMER.MSG.NEXT.S.c", "", "1").status())
                .isEqualTo(503);
    }

    @Test
    void aSourceThatIsMissingIsToldOf() {
        client.api("STREAM.CREATE.T", "{\"name\":\"T\",\"sources\":[{\"name\":\"GONE\"}]}");
        JsonNode source = client.api("STREAM.INFO.T", "").path("sources").path(0);
        client.api("STREAM.DELETE.T", "");
        assertThat(source.path("error").path("err_code").asInt()).isEqualTo(10059);
    }

    @Test
    void aStartTimeOfAnyYearIsTaken() {
        stream(",\"allow_direct\":true");
        client.put("s.a", "x");
        consumer(
                ",\"deliver_policy\":\"by_start_time\","
                        + "\"opt_start_time\":\"0001-01-01T00:00:00Z\"");
        assertThat(client.texts("S", "c", 1)).containsExactly("x");
        String future = "{\"start_time\":\"9999-01-01T00:00:00Z\"}";
        assertThat(client.request("$JS.API.DIRECT.GET.S", "", future).status()).isEqualTo(404);
    }

    @Test
    void theLastMessageIsFoundByAWildcardDirectly() {
        stream(",\"allow_direct\":true");
        client.put("s.a", "one");
        client.put("s.b", "two");
        assertThat(client.request("$JS.API.DIRECT.GET.S.s.*", new byte[0]).text()).isEqualTo("two");
        assertThat(client.request("$JS.API.DIRECT.GET.S.>", new byte[0]).text()).isEqualTo("two");
        assertThat(client.request("$JS.API.DIRECT.GET.S.*.a", new byte[0]).text()).isEqualTo("one");
    }

    @Test
    void case38lastPerSubjectWithoutAFilterIsRefused() {
        stream("");
        JsonNode refused =
                client.api(
                        "CONSUMER.CREATE.S.c",
                        "{\"stream_name\":\"S\",\"config\":{\"name\":\"c\","
                                + "\"deliver_policy\":\"last_per_subject\"}}");
        assertThat(code(refused)).isEqualTo(10094);
    }

    @Test
    void case34aFilterThatMeetsNoSubjectOfTheStreamIsTaken() {
        stream("");
        consumer(",\"filter_subject\":\"other.>\"");
        client.put("s.a", "x");
        assertThat(client.texts("S", "c", 1)).isEmpty();
    }

    @Test
    void aMessageDeletedWhileItIsHeldIsPassedOver() {
        stream("");
        consumer(",\"ack_wait\":100000000");
        client.put("s.a", "1");
        client.put("s.a", "2");
        assertThat(client.texts("S", "c", 1)).containsExactly("1");
        client.api("STREAM.MSG.DELETE.S", "{\"seq\":1}");
        assertThat(client.api("CONSUMER.INFO.S.c", "").get("num_ack_pending").asInt()).isZero();
        assertThat(client.texts("S", "c", 1)).containsExactly("2");
    }

    @Test
    void perSubjectLimitsWithDiscardNewDropTheOldestOfTheSubject() {
        stream(",\"max_msgs_per_subject\":1,\"discard\":\"new\"");
        client.put("s.a", "1");
        client.put("s.b", "2");
        assertThat(client.put("s.a", "3").get("seq").asLong()).isEqualTo(3);
        assertThat(state().get("messages").asLong()).isEqualTo(2);
    }

    @Test
    void directGetWithoutPermissionHasNoResponders() {
        stream("");
        Delivery answer = client.request("$JS.API.DIRECT.GET.S", "", "{\"seq\":1}");
        assertThat(answer.status()).isEqualTo(503);
    }

    @Test
    void multiLastGivesTheLastOfEachAndAnEnd() {
        stream(",\"allow_direct\":true");
        client.put("s.a", "1");
        client.put("s.b", "2");
        client.put("s.a", "3");
        String inbox = client.subscribe("inbox");
        client.publish("$JS.API.DIRECT.GET.S", "inbox", "", "{\"multi_last\":[\"s.*\"]}");
        assertThat(List.of(client.nextOf(inbox).text(), client.nextOf(inbox).text()))
                .containsExactly("2", "3");
        Delivery end = client.nextOf(inbox);
        assertThat(end.status()).isEqualTo(204);
        assertThat(end.header("Nats-UpTo-Sequence")).isEqualTo("3");
    }

    @Test
    void anExpiredLastMessageLeavesAMarker() {
        stream(",\"allow_msg_ttl\":true,\"subject_delete_marker_ttl\":60000000000");
        String watching = client.subscribe("watch");
        client.api(
                "CONSUMER.CREATE.S.w",
                "{\"stream_name\":\"S\",\"config\":{\"name\":\"w\",\"ack_policy\":\"none\","
                        + "\"deliver_subject\":\"watch\"}}");
        client.put("s.a", "x", "Nats-TTL: 1s");
        assertThat(client.nextOf(watching).text()).isEqualTo("x");
        Delivery marker = client.nextOf(watching);
        assertThat(marker.subject()).isEqualTo("s.a");
        assertThat(marker.header("Nats-Marker-Reason")).isEqualTo("MaxAge");
        assertThat(marker.header("Nats-TTL")).isEqualTo("60s");
        assertThat(state().get("messages").asLong()).isEqualTo(1);
    }

    @Test
    void aSealedStreamTakesAndLosesNothing() {
        stream("");
        client.put("s.a", "x");
        client.api("STREAM.UPDATE.S", "{\"name\":\"S\",\"subjects\":[\"s.>\"],\"sealed\":true}");
        assertThat(code(client.put("s.a", "y"))).isEqualTo(10109);
        assertThat(code(client.api("STREAM.PURGE.S", ""))).isEqualTo(10109);
        assertThat(code(client.api("STREAM.MSG.DELETE.S", "{\"seq\":1}"))).isEqualTo(10109);
    }

    @Test
    void aHigherApiLevelThanOursIsRefused() {
        Delivery answer =
                client.request("$JS.API.STREAM.NAMES", "Nats-Required-Api-Level: 3\r\n", "");
        assertThat(answer.text()).contains("\"err_code\":10185");
    }

    @Test
    void aBackupBringsBackMessagesUnderTheirNumbers() {
        stream("");
        for (int i = 1; i <= 5; i++) {
            client.put("s.a", "m" + i);
        }
        client.api("STREAM.MSG.DELETE.S", "{\"seq\":3}");
        String chunks = client.subscribe("backup");
        JsonNode begun = client.api("STREAM.SNAPSHOT.S", "{\"deliver_subject\":\"backup\"}");
        assertThat(begun.path("state").path("messages").asLong()).isEqualTo(4);
        List<String> saved = new java.util.ArrayList<>();
        List<byte[]> parts = new java.util.ArrayList<>();
        for (Delivery part = client.nextOf(chunks);
                part.payload().length > 0;
                part = client.nextOf(chunks)) {
            parts.add(part.payload());
            saved.add(part.reply());
            client.publish(part.reply(), "", "", "");
        }
        assertThat(saved).isNotEmpty();
        client.api("STREAM.DELETE.S", "");
        JsonNode restore =
                client.api(
                        "STREAM.RESTORE.S",
                        "{\"config\":" + begun.get("config") + ",\"state\":{}}");
        String to = restore.get("deliver_subject").asText();
        for (byte[] part : parts) {
            client.request(to, part);
        }
        JsonNode done = JetStreamClient.json(client.request(to, new byte[0]));
        assertThat(done.path("state").path("messages").asLong()).isEqualTo(4);
        assertThat(
                        client.api("STREAM.MSG.GET.S", "{\"seq\":5}")
                                .path("message")
                                .path("seq")
                                .asLong())
                .isEqualTo(5);
        assertThat(client.put("s.a", "next").get("seq").asLong()).isEqualTo(6);
    }
}
