package io.polymq.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.testkit.EmbeddedPolyMq;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands against a broker in this process. */
@Timeout(120)
class CommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static EmbeddedPolyMq broker;

    @TempDir Path folder;

    /** How a command ended and what it printed. */
    private record Ended(int code, String out, String err) {
        JsonNode json() throws Exception {
            return JSON.readTree(out);
        }
    }

    @BeforeAll
    static void start() {
        broker =
                EmbeddedPolyMq.builder()
                        .set("auth.admin.user", "boss")
                        .set("auth.admin.password", "secret")
                        .set("auth.allow_anonymous", "true")
                        .start();
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Ended run(String... arguments) {
        return run(Map.of(AdminTarget.PASSWORD, "secret"), "", arguments);
    }

    private static Ended run(Map<String, String> more, String in, String... arguments) {
        Map<String, String> environment = new HashMap<>();
        environment.put(AdminTarget.URL, broker.adminUri().toString());
        environment.put(AdminTarget.USER, "boss");
        environment.putAll(more);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code =
                PolymqCli.run(
                        arguments,
                        new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        environment);
        return new Ended(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static String at(String protocol) {
        return "127.0.0.1:" + broker.port(protocol);
    }

    @Test
    void statusIsAGlance() throws Exception {
        assertThat(run("status").out()).contains("connections_by_protocol").contains("listeners");
        assertThat(run("status", "--json").json().path("tenant").asText()).isEqualTo("default");
        assertThat(run("top", "-n", "1", "--interval", "0.1").code()).isZero();
    }

    @Test
    void topicsAreMadeChangedReadAndDeleted() throws Exception {
        assertThat(run("topic", "create", "t.one", "-p", "2", "--capture", "t.one.>").code())
                .isZero();
        Ended twice = run("topic", "create", "t.one");
        assertThat(twice.code()).isEqualTo(ExitStatus.REFUSED.number());
        assertThat(twice.err()).contains("t.one already");
        assertThat(run("topic", "alter", "t.one", "--retention-ms", "1000").code()).isZero();
        JsonNode shown = run("topic", "show", "t.one", "--json").json();
        assertThat(shown.path("partitions").asInt()).isEqualTo(2);
        assertThat(shown.path("retention_ms").asLong()).isEqualTo(1000);
        assertThat(run("topic", "list").out()).contains("t.one").contains("PARTITIONS");
        assertThat(run("topic", "records", "t.one", "--json").json().path("items")).isEmpty();
        assertThat(run("topic", "trim", "t.one").code()).isEqualTo(ExitStatus.USAGE.number());
        assertThat(run("topic", "trim", "t.one", "--all").code()).isZero();
        assertThat(run("topic", "delete", "t.one").out()).contains("deleted t.one");
        assertThat(run("topic", "show", "t.one").code()).isEqualTo(ExitStatus.NOT_FOUND.number());
    }

    @Test
    void usersRulesTenantsAndSchemasAreKept() throws Exception {
        assertThat(
                        run(
                                        Map.of(AdminTarget.PASSWORD, "secret"),
                                        "hidden\n",
                                        "user",
                                        "set",
                                        "eve",
                                        "--password-stdin",
                                        "--group",
                                        "g")
                                .code())
                .isZero();
        assertThat(run("user", "show", "eve", "--json").json().path("has_password").asBoolean())
                .isTrue();
        Ended rule =
                run(
                        "acl",
                        "deny",
                        "--for-user",
                        "eve",
                        "--action",
                        "read",
                        "--match",
                        "filter",
                        "--name",
                        "private.>",
                        "--json");
        String id = rule.json().path("id").asText();
        Ended why = run("acl", "why", "read", "private.x", "--for-user", "eve");
        assertThat(why.code()).isEqualTo(ExitStatus.NOT_PERMITTED.number());
        assertThat(run("acl", "delete", id).code()).isZero();
        assertThat(run("tenant", "set", "blue", "--quota", "topics=3").code()).isZero();
        assertThat(run("tenant", "list").out()).contains("blue").contains("topics=3");
        Path schema = Files.writeString(folder.resolve("s.json"), "{\"type\": \"object\"}");
        assertThat(run("schema", "set", "thing", schema.toString(), "--format", "json").code())
                .isZero();
        assertThat(run("schema", "bind", "things.#", "thing").code()).isZero();
        assertThat(run("schema", "bindings").out()).contains("things.#");
        assertThat(run("schema", "unbind", "things.#").code()).isZero();
        assertThat(run("user", "delete", "eve").code()).isZero();
    }

    @Test
    void protocolsObjectsAreListed() throws Exception {
        assertThat(run("kafka", "pub", "-s", at("kafka"), "g.topic", "one").code()).isZero();
        Ended read =
                run(
                        "kafka",
                        "sub",
                        "-s",
                        at("kafka"),
                        "g.topic",
                        "-g",
                        "readers",
                        "--from-beginning",
                        "-n",
                        "1",
                        "-w",
                        "30");
        assertThat(read.out()).isEqualTo("one\n");
        assertThat(run("group", "list").out()).contains("readers");
        JsonNode group = run("group", "show", "readers", "--json").json();
        assertThat(group.path("offsets").path(0).path("topic").asText()).isEqualTo("g.topic");
        assertThat(group.path("lag").asLong()).isZero();
        Ended reset = run("group", "reset", "readers", "-t", "g.topic", "--to-earliest");
        assertThat(reset.out()).contains("g.topic");
        assertThat(run("group", "show", "readers", "--json").json().path("lag").asLong())
                .isEqualTo(1);
        assertThat(run("group", "delete", "readers").code()).isZero();
        assertThat(run("group", "show", "readers").code()).isEqualTo(ExitStatus.NOT_FOUND.number());

        assertThat(run("mailbox", "create", "clerk", "--ttl", "60").code()).isZero();
        assertThat(run("mailbox", "list").out()).contains("clerk");
        assertThat(run("mailbox", "delete", "clerk").code()).isZero();
        assertThat(run("mailbox", "agents", "--json").code()).isZero();
        assertThat(run("stream", "list").code()).isZero();
        assertThat(run("stream", "show", "none").code()).isEqualTo(ExitStatus.NOT_FOUND.number());
        assertThat(run("queue", "list", "--json").json().isArray()).isTrue();
        assertThat(run("connection", "list").code()).isZero();
    }

    /** One protocol publishes, each other one prints it. */
    @ParameterizedTest
    @ValueSource(strings = {"mqtt", "kafka", "amqp", "nats"})
    void whatOneProtocolPublishesAnotherPrints(String into) throws Exception {
        for (String from : List.of("mqtt", "kafka", "amqp", "nats")) {
            String dotted = "pair." + from + "." + into;
            assertThat(run("topic", "create", dotted).code()).isZero();
            CompletableFuture<Ended> reading =
                    CompletableFuture.supplyAsync(
                            () ->
                                    run(
                                            into,
                                            "sub",
                                            "-s",
                                            at(into),
                                            spelled(into, dotted),
                                            "-n",
                                            "1",
                                            "-w",
                                            "30",
                                            "--json"));
            // Again until the subscriber is there: who is late misses what is live.
            while (!reading.isDone()) {
                assertThat(
                                run(
                                                from,
                                                "pub",
                                                "-s",
                                                at(from),
                                                spelled(from, dotted),
                                                "hello",
                                                "-H",
                                                "a=b")
                                        .code())
                        .isZero();
            }
            Ended read = reading.get();
            assertThat(read.json().path("payload").asText()).isEqualTo("hello");
            assertThat(read.json().path("headers").toString()).contains("\"a\"");
        }
    }

    private static String spelled(String protocol, String dotted) {
        return protocol.equals("mqtt") ? dotted.replace('.', '/') : dotted;
    }

    @Test
    void requestsWithoutAnybodyEndWithACodeOfTheirOwn() {
        assertThat(run("nats", "request", "-s", at("nats"), "nobody", "x", "-w", "2").code())
                .isEqualTo(ExitStatus.NOT_FOUND.number());
        assertThat(run("mqtt", "request", "-s", at("mqtt"), "nobody", "x", "-w", "0.3").code())
                .isEqualTo(ExitStatus.LATER.number());
        assertThat(
                        run(
                                        "amqp",
                                        "pub",
                                        "-s",
                                        at("amqp"),
                                        "-Q",
                                        "no-such-queue",
                                        "x",
                                        "--mandatory")
                                .code())
                .isEqualTo(ExitStatus.NOT_FOUND.number());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqtt", "kafka", "amqp", "nats"})
    void loadIsMeasured(String protocol) throws Exception {
        if (protocol.equals("kafka")) {
            run("topic", "create", "load." + protocol);
        }
        Ended ended =
                run(
                        "bench",
                        protocol,
                        "-s",
                        at(protocol),
                        "-n",
                        "200",
                        "-P",
                        "2",
                        "--subject",
                        spelled(protocol, "load." + protocol),
                        "--json",
                        "--timeout",
                        "60");
        assertThat(ended.json().path("delivered").asLong()).isEqualTo(400);
        assertThat(ended.json().path("delivered_us").path("p99").asLong()).isPositive();
        assertThat(ended.code()).isZero();
    }

    @Test
    void whatABenchSendsToWarmUpCountsForNoLatency() throws Exception {
        Ended ended =
                run("bench", "mqtt", "-s", at("mqtt"), "-n", "20", "--json", "--warmup", "600");
        assertThat(ended.json().path("delivered").asLong()).isEqualTo(20);
        assertThat(ended.json().path("delivered_us").path("p100").asLong(-1)).isZero();
        assertThat(ended.json().path("acknowledged_us").path("p100").asLong(-1)).isZero();
    }

    @Test
    void endingsTellWhatWentWrong() throws Exception {
        List<Integer> codes = new ArrayList<>();
        codes.add(run("topic", "list", "--nonsense").code());
        codes.add(run("frobnicate").code());
        assertThat(codes).containsOnly(ExitStatus.USAGE.number());
        assertThat(run(Map.of(AdminTarget.PASSWORD, "wrong"), "", "status").code())
                .isEqualTo(ExitStatus.NOT_PERMITTED.number());
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        assertThat(
                        run(
                                        Map.of(
                                                AdminTarget.PASSWORD,
                                                "x",
                                                AdminTarget.URL,
                                                "http://127.0.0.1:" + free),
                                        "",
                                        "status")
                                .code())
                .isEqualTo(ExitStatus.UNAVAILABLE.number());
        for (String protocol : List.of("mqtt", "amqp", "nats")) {
            assertThat(run(protocol, "pub", "-s", "127.0.0.1:" + free, "s", "x").code())
                    .as(protocol)
                    .isEqualTo(ExitStatus.UNAVAILABLE.number());
        }
        assertThat(run("schema", "set", "s", folder + "/none", "--format", "json").code())
                .isEqualTo(ExitStatus.IO.number());
    }

    @Test
    void shellsLearnTheCommands() {
        assertThat(run("completion").out()).contains("complete -F").contains("mailbox");
        Ended help = run("--help");
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("bench").contains("Exit codes");
    }
}
