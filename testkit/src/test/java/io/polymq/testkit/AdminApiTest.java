package io.polymq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The admin port's interface, asked over HTTP as an operator's tools do. */
class AdminApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static EmbeddedPolyMq broker;
    private static HttpClient client;

    @BeforeAll
    static void start() {
        broker = EmbeddedPolyMq.builder().set("auth.admin.password", "s3cret").start();
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        client.close();
        broker.close();
    }

    private record Reply(int status, JsonNode body) {
        JsonNode at(String pointer) {
            return body.at(pointer);
        }
    }

    private static Reply ask(String method, String path, String body) throws Exception {
        return ask(method, path, body, "admin:s3cret");
    }

    private static Reply ask(String method, String path, String body, String login)
            throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(broker.adminUri().resolve("/") + path))
                        .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!login.isEmpty()) {
            String pair =
                    Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
            request.header("Authorization", "Basic " + pair);
        }
        HttpResponse<String> answer =
                client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return new Reply(answer.statusCode(), JSON.readTree(answer.body()));
    }

    private static Reply get(String path) throws Exception {
        return ask("GET", path, "");
    }

    @Test
    void nobodyIsLetInWithoutAnAdministratorsLogin() throws Exception {
        assertThat(ask("GET", "api/v1/overview", "", "").status()).isEqualTo(401);
        assertThat(ask("GET", "api/v1/overview", "", "admin:wrong").status()).isEqualTo(401);
        assertThat(get("api/v1/overview").status()).isEqualTo(200);
    }

    @Test
    void aTopicIsMadeFilledBrowsedAndDeleted() throws Exception {
        Reply made =
                ask("PUT", "api/v1/topics/orders", "{\"partitions\":1,\"retention_ms\":60000}");
        Reply published =
                ask(
                        "POST",
                        "api/v1/publish",
                        "{\"subject\":\"orders\",\"payload\":\"hällo\",\"content_type\":\"text/plain\","
                                + "\"headers\":{\"a\":\"1\"}}");
        Reply records = get("api/v1/topics/orders/partitions/0/records?offset=0");
        Reply deleted = ask("DELETE", "api/v1/topics/orders", "");

        assertThat(made.status()).isEqualTo(201);
        assertThat(made.at("/retention_ms").asLong()).isEqualTo(60_000);
        assertThat(published.at("/kept/0/topic").asText()).isEqualTo("orders");
        assertThat(published.at("/kept/0/offset").asLong()).isZero();
        assertThat(records.at("/items/0/payload/text").asText()).isEqualTo("hällo");
        assertThat(records.at("/items/0/content_type").asText()).isEqualTo("text/plain");
        assertThat(records.at("/items/0/headers/0/name").asText()).isEqualTo("a");
        assertThat(deleted.status()).isEqualTo(204);
        assertThat(get("api/v1/topics/orders").status()).isEqualTo(404);
    }

    @Test
    void listsComeInPagesAndCanBeSearched() throws Exception {
        for (int i = 0; i < 5; i++) {
            ask("PUT", "api/v1/topics/paged-" + i, "{}");
        }

        Reply page = get("api/v1/topics?search=paged&per_page=2&page=2");

        assertThat(page.at("/total").asInt()).isEqualTo(5);
        assertThat(page.at("/items").size()).isEqualTo(2);
        assertThat(page.at("/items/0/name").asText()).isEqualTo("paged-2");
    }

    @Test
    void aConnectionIsListedAndEnded() throws Exception {
        try (Socket nats = new Socket(InetAddress.getLoopbackAddress(), broker.port("nats"))) {
            nats.setSoTimeout(10_000);
            nats.getOutputStream().write("CONNECT {}\r\nPING\r\n".getBytes(StandardCharsets.UTF_8));
            readUntil(nats, "PONG");
            int local = nats.getLocalPort();
            Reply found = get("api/v1/connections?protocol=nats&search=:" + local);
            long id = found.at("/items/0/id").asLong();

            Reply ended = ask("DELETE", "api/v1/connections/" + id, "");

            assertThat(found.at("/total").asInt()).isEqualTo(1);
            assertThat(ended.status()).isEqualTo(204);
            while (nats.getInputStream().read() >= 0) {
                // Goes on to the end, which the broker made.
            }
            assertThat(untilGone("api/v1/connections/" + id)).isEqualTo(404);
        }
    }

    /** What a page answers once it no longer answers with 200. */
    private static int untilGone(String path) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        int status = get(path).status();
        while (status == 200 && System.nanoTime() < deadline) {
            status = get(path).status();
        }
        return status;
    }

    private static void readUntil(Socket socket, String text) throws Exception {
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf(text) < 0) {
            int next = socket.getInputStream().read();
            assertThat(next).isNotNegative();
            seen.append((char) next);
        }
    }

    @Test
    void aRuleDecidesAndIsNamedAsTheReason() throws Exception {
        ask("PUT", "api/v1/users/ann", "{\"password\":\"p\",\"groups\":[\"field\"]}");
        Reply rule =
                ask(
                        "PUT",
                        "api/v1/rules/no-secrets",
                        "{\"effect\":\"deny\",\"groups\":[\"field\"],\"actions\":[\"read\"],"
                                + "\"match\":\"filter\",\"name\":\"secret.>\"}");

        Reply denied = get("api/v1/why?user=ann&action=read&kind=subject&name=secret.plan");

        assertThat(rule.status()).isEqualTo(200);
        assertThat(denied.at("/allowed").asBoolean()).isFalse();
        assertThat(denied.at("/because").asText()).contains("no-secrets");
        assertThat(ask("DELETE", "api/v1/rules/no-secrets", "").status()).isEqualTo(204);
        assertThat(ask("DELETE", "api/v1/users/ann", "").status()).isEqualTo(204);
    }

    @Test
    void noAnswerHasASecret() throws Exception {
        ask("PUT", "api/v1/users/bob", "{\"password\":\"correct horse\"}");

        String shown = get("api/v1/users/bob").body().toString() + get("api/v1/config").body();

        assertThat(shown).contains("\"has_password\":true").doesNotContain("horse", "s3cret");
        ask("DELETE", "api/v1/users/bob", "");
    }

    @Test
    void aTailSeesWhatIsPublishedAfterItBegan() throws Exception {
        String id = ask("POST", "api/v1/tails", "{\"filter\":\"live.>\"}").at("/id").asText();
        ask(
                "POST",
                "api/v1/publish",
                "{\"subject\":\"live/a.b\",\"spelling\":\"mqtt\",\"payload\":\"x\"}");

        Reply news = get("api/v1/tails/" + id + "?wait_ms=10000");

        assertThat(news.at("/items/0/subject").asText()).isEqualTo("live.a/b");
        assertThat(news.at("/items/0/payload/text").asText()).isEqualTo("x");
        assertThat(ask("DELETE", "api/v1/tails/" + id, "").status()).isEqualTo(204);
        assertThat(get("api/v1/tails/" + id).status()).isEqualTo(404);
    }

    @Test
    void whatIsRetainedIsListedAndRemoved() throws Exception {
        ask(
                "POST",
                "api/v1/publish",
                "{\"subject\":\"lamp.state\",\"payload\":\"on\",\"retain\":true}");

        Reply listed = get("api/v1/retained?filter=lamp.*");
        Reply removed = ask("DELETE", "api/v1/retained/lamp.state", "");

        assertThat(listed.at("/items/0/payload/text").asText()).isEqualTo("on");
        assertThat(removed.status()).isEqualTo(204);
        assertThat(get("api/v1/retained?filter=lamp.*").at("/total").asInt()).isZero();
    }

    @Test
    void aSchemaIsKeptBoundAndHeldOnToWhileItIsBound() throws Exception {
        Reply wrong = ask("PUT", "api/v1/schemas/s", "{\"format\":\"avro\",\"text\":\"{\"}");
        ask(
                "PUT",
                "api/v1/schemas/s",
                "{\"format\":\"json\",\"text\":\"{\\\"type\\\":\\\"object\\\"}\"}");
        ask("PUT", "api/v1/schema-bindings/form.%23", "{\"schema\":\"s\"}");

        assertThat(wrong.status()).isEqualTo(400);
        assertThat(get("api/v1/schema-bindings").at("/items/0/filter").asText())
                .isEqualTo("form.#");
        assertThat(ask("DELETE", "api/v1/schemas/s", "").status()).isEqualTo(400);
        assertThat(ask("DELETE", "api/v1/schema-bindings/form.%23", "").status()).isEqualTo(204);
        assertThat(ask("DELETE", "api/v1/schemas/s", "").status()).isEqualTo(204);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | api/v1/nothing | 404",
                "POST | api/v1/overview | 405",
                "GET | api/v1/topics?page=x | 400",
                "GET | api/v1/topics?per_page=100000 | 400",
                "PUT | api/v1/topics/t | 400",
                "GET | api/v1/topics/t/partitions/9/records | 404",
                "GET | api/v1/connections/x | 400",
                "GET | api/v1/why?action=fly | 400",
                "DELETE | api/v1/users/nobody | 404",
                "PUT | api/v1/bans/planet/mars | 400"
            })
    void whatCannotBeAnsweredIsRefusedInOneSentence(String method, String path, int status)
            throws Exception {
        Reply refused = ask(method, path, "not json");

        assertThat(refused.status()).isEqualTo(status);
        assertThat(refused.at("/error").asText()).isNotEmpty().doesNotContain("\n");
    }

    @Test
    void everyRouteIsDescribed() throws Exception {
        JsonNode document = ask("GET", "api/openapi.json", "", "").body();

        assertThat(document.path("openapi").asText()).isEqualTo("3.1.0");
        assertThat(document.path("paths").path("/api/v1/topics/{name}").has("put")).isTrue();
        assertThat(document.at("/paths/~1api~1v1~1topics~1{name}/put/parameters/0/in").asText())
                .isEqualTo("path");
    }

    @Test
    void theConsolesFilesAreServedAndNothingElse() throws Exception {
        HttpResponse<String> page = plain("console/");
        HttpResponse<String> script = plain("console/app.js");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("content-security-policy")).isPresent();
        assertThat(script.headers().firstValue("content-type").orElse("")).contains("javascript");
        assertThat(plain("console/../secret").statusCode()).isEqualTo(404);
        assertThat(plain("console").statusCode()).isEqualTo(302);
    }

    private static HttpResponse<String> plain(String path) throws Exception {
        URI uri = URI.create(broker.adminUri().resolve("/") + path);
        return client.send(
                HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
