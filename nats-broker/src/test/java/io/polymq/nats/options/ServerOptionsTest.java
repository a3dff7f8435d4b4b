package io.polymq.nats.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.nats.jetstream.api.ConsumerLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerOptionsTest {

    @TempDir private Path folder;

    private static ServerOptions parse(String text) throws OptionsException {
        return ServerOptions.parse(text, Map.of("PASS_FROM_ENV", "s3cret", "NUMBER", "12"));
    }

    @Test
    void nothingWrittenIsNatsServersDefaults() throws OptionsException {
        ServerOptions options = parse("");
        assertThat(options.listen().port()).isEqualTo(4222);
        assertThat(options.listen().host()).isEqualTo("0.0.0.0");
        assertThat(options.limits()).isEqualTo(LimitOptions.DEFAULT);
        assertThat(options.jetStream().enabled()).isFalse();
        assertThat(options.identity().authorization().isEmpty()).isTrue();
    }

    @Test
    void theThreeWaysToWriteAKeyAreOne() throws OptionsException {
        for (String text : List.of("port = 4333", "port: 4333", "port 4333", "PORT: 4333;")) {
            assertThat(parse(text).listen().port()).isEqualTo(4333);
        }
    }

    @Test
    void sizesDurationsAndCommentsAreUnderstood() throws OptionsException {
        ServerOptions options =
                parse(
                        """
                        # a comment
                        listen: "127.0.0.1:-1" // another
                        max_payload: 64KB
                        max_pending = 10mb
                        ping_interval: "1m30s"
                        write_deadline: 3
                        lame_duck_duration: "3m", lame_duck_grace_period: "5s"
                        http: 8222
                        """);
        assertThat(options.listen().host()).isEqualTo("127.0.0.1");
        assertThat(options.listen().port()).isEqualTo(-1);
        assertThat(options.listen().httpPort()).isEqualTo(8222);
        assertThat(options.limits().maxPayload()).isEqualTo(65_536);
        assertThat(options.limits().maxPending()).isEqualTo(10L << 20);
        assertThat(options.limits().times().pingInterval()).isEqualTo(Duration.ofSeconds(90));
        assertThat(options.limits().times().writeDeadline()).isEqualTo(Duration.ofSeconds(3));
        assertThat(options.limits().times().lameDuckGrace()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void variablesComeFromOutsideTheBlockOrFromTheEnvironment() throws OptionsException {
        ServerOptions options =
                parse(
                        """
                        ADMIN = { publish = ">", subscribe = ">" }
                        secret: $PASS_FROM_ENV
                        max_subscriptions: $NUMBER
                        authorization {
                          READER = { subscribe: { allow: ["a.>", "b q"], deny: "a.x" } }
                          users = [
                            { user: alice, password: foo, permissions: $ADMIN }
                            { user: "bob", pass: $secret, permissions: $READER }
                            { user: carol, pass: $2a$11$abcdefghijklmnopqrstuv }
                          ]
                        }
                        """);
        List<UserOptions> users = options.identity().authorization().users();
        assertThat(users).extracting(UserOptions::name).containsExactly("alice", "bob", "carol");
        assertThat(users.get(1).password()).isEqualTo("s3cret");
        assertThat(users.get(2).password()).startsWith("$2a$11$");
        assertThat(options.limits().maxSubscriptions()).isEqualTo(12);
        PermissionOptions admin = users.get(0).permissions();
        assertThat(admin).isNotNull();
        assertThat(admin.publishAllow()).containsExactly(">");
        PermissionOptions reader = users.get(1).permissions();
        assertThat(reader).isNotNull();
        assertThat(reader.subscribeAllow()).containsExactly("a.>", "b q");
        assertThat(reader.subscribeDeny()).containsExactly("a.x");
    }

    @Test
    void includesAreReadBesideTheFile() throws Exception {
        Path file =
                Files.writeString(folder.resolve("nats.conf"), "include ./users.conf\nport: 1\n");
        Files.writeString(
                folder.resolve("users.conf"), "authorization { user: u, pass: p, timeout: 1.5 }");
        ServerOptions options = ServerOptions.read(file, Map.of());
        assertThat(options.identity().authorization().user()).isEqualTo("u");
        assertThat(options.limits().times().authTimeout()).isEqualTo(Duration.ofMillis(1500));
        assertThat(options.listen().port()).isEqualTo(1);
    }

    @Test
    void whatTheServerAllowsEveryConsumer() throws OptionsException {
        ServerOptions options =
                parse("jetstream { limits { max_ack_pending: 123, max_request_batch: 7 } }");
        assertThat(options.jetStream().consumerLimits()).isEqualTo(new ConsumerLimits(123, 7));
        assertThat(parse("jetstream: enabled").jetStream().consumerLimits())
                .isEqualTo(ConsumerLimits.NONE);
    }

    @Test
    void accountsHaveUsersExportsImportsMappingsAndLimits() throws OptionsException {
        ServerOptions options =
                parse(
                        """
                        accounts {
                          A {
                            users: [{user: a, password: a}]
                            exports: [
                              {stream: "pub.>"}
                              {service: "q.*", response_type: Stream, threshold: "2s", accounts: [B]}
                            ]
                            mappings { "old.*": "new.{{wildcard(1)}}" }
                            jetstream { max_mem: 1MB, max_streams: 3 }
                            limits { max_connections: 4 }
                          }
                          B {
                            imports: [
                              {stream: {account: A, subject: "pub.>"}, prefix: "from.a"}
                              {service: {account: A, subject: "q.*"}, to: "ask.*"}
                            ]
                          }
                          SYS { users: [{user: s, password: s}] }
                        }
                        system_account: SYS
                        no_auth_user: a
                        """);
        AccountOptions a = options.identity().accounts().get(0);
        assertThat(a.exports()).hasSize(2);
        assertThat(a.exports().get(1).answers().type())
                .isEqualTo(AccountOptions.ResponseType.STREAM);
        assertThat(a.exports().get(1).answers().within()).isEqualTo(Duration.ofSeconds(2));
        assertThat(a.limits().maxConnections()).isEqualTo(4);
        assertThat(a.limits().jetStream()).isNotNull();
        assertThat(a.limits().jetStream().maxStreams()).isEqualTo(3);
        assertThat(a.mappings()).hasSize(1);
        assertThat(options.identity().accounts().get(1).imports().get(0).prefix())
                .isEqualTo("from.a");
        assertThat(options.identity().systemAccount()).isEqualTo("SYS");
    }

    @Test
    void whatAllowResponsesOpensHasDefaults() throws OptionsException {
        PermissionOptions on =
                parse("authorization { default_permissions { allow_responses: true } }")
                        .identity()
                        .authorization()
                        .defaultPermissions();
        assertThat(on).isNotNull();
        assertThat(on.responses()).isEqualTo(PermissionOptions.ResponseOptions.DEFAULT);
        assertThat(on.publishAllow()).isEmpty();
        PermissionOptions set =
                parse(
                                "authorization { default_permissions { publish: x, allow_responses: {"
                                        + " max: 5, ttl: \"1m\" } } }")
                        .identity()
                        .authorization()
                        .defaultPermissions();
        assertThat(set).isNotNull();
        assertThat(set.responses())
                .isEqualTo(new PermissionOptions.ResponseOptions(5, Duration.ofMinutes(1)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nonsense: 1 | configuration:1: unknown field \"nonsense\"",
                "cluster { port: 6222 } | \"cluster\" is not supported",
                "leafnodes { port: 7422 } | \"leafnodes\" is not supported",
                "mqtt { port: 1883 } | \"mqtt\" is not supported",
                "resolver: URL(http://x) | unknown",
                "authorization { users: [{pass: x}] } | requires a user or an nkey",
                "authorization { token: a, users: [{user: b, pass: c}] } | token and users",
                "port: $MISSING | variable reference for 'MISSING' can not be found",
                "authorization { users: [{user: a, permissions: {publish: \"a..b\"}}] } | not a valid subject",
                "accounts { A { exports: [{}] } } | a stream or a service",
                "jetstream { key: abc } | not supported",
                "mappings { a: [{dest: b, weight: 80}, {dest: c, weight: 30}] } | more than 100",
                "websocket { port: 1 } | requires TLS",
                "{ port: 1 | does not end",
                "port: \"abc | does not end"
            })
    void whatIsWrongIsNamedWithItsPlace(String text, String message) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(OptionsException.class)
                .hasMessageContaining(message.equals("unknown") ? "resolver" : message);
    }
}
