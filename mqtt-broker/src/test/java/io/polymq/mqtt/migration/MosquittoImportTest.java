package io.polymq.mqtt.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.mqtt.migration.MosquittoImport.Access;
import io.polymq.mqtt.migration.MosquittoImport.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MosquittoImportTest {

    @Test
    void anInstallationIsReadWithItsUsersAndRules(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("mosquitto.conf"),
                """
                # a comment
                listener 1884 0.0.0.0
                listener 9001
                protocol websockets
                listener 8883
                certfile /etc/cert.pem
                keyfile /etc/key.pem
                require_certificate true
                password_file /etc/mosquitto/passwd
                acl_file /etc/mosquitto/acl
                max_queued_messages 5000
                max_inflight_messages 0
                queue_qos0_messages true
                persistent_client_expiration 2w
                log_type all
                connection bridge-01
                plugin /usr/lib/dynsec.so
                retry_interval 20
                persistence true
                persistence_file kept.db
                retain_available false
                max_qos 1
                websockets_origin https://a.example
                websockets_origin https://b.example:8443
                """);
        Files.writeString(
                folder.resolve("passwd"),
                "alice:$7$101$c2FsdA==$aGFzaA==\nbob:$6$c2FsdA==$aGFzaA==\n");
        Files.writeString(
                folder.resolve("acl"),
                """
                topic read $SYS/#
                user alice
                topic write alice/in
                topic deny alice/secret
                topic with space/+
                pattern readwrite devices/%c/%u/#
                """);
        MosquittoImport found = MosquittoImport.read(folder);
        assertThat(found.settings())
                .containsEntry("mqtt_runtime.tcp_port", "1884")
                .containsEntry("mqtt_runtime.websocket_port", "9001")
                .containsEntry("mqtt_runtime.tls_port", "8883")
                .containsEntry("mqtt_runtime.bind", "0.0.0.0")
                .containsEntry("mqtt_runtime.max_queued_messages", "5000")
                .containsEntry("mqtt_runtime.queue_qos0_offline", "true")
                .containsEntry("mqtt_runtime.max_session_expiry", "336h")
                .containsEntry("tls.client_auth", "required")
                .containsEntry("mqtt_runtime.retain_available", "false")
                .containsEntry("mqtt_runtime.maximum_qos", "1")
                .containsEntry(
                        "network.allowed_origins", "https://a.example,https://b.example:8443");
        assertThat(found.persistenceFile()).isEqualTo("kept.db");
        assertThat(found.users())
                .extracting(MosquittoImport.User::name)
                .containsExactly("alice", "bob");
        assertThat(found.rules())
                .containsExactly(
                        new Rule(Rule.ANONYMOUS, Access.READ, "$SYS/#"),
                        new Rule("alice", Access.WRITE, "alice/in"),
                        new Rule("alice", Access.DENY, "alice/secret"),
                        new Rule("alice", Access.READ_WRITE, "with space/+"),
                        new Rule(Rule.EVERYONE, Access.READ_WRITE, "devices/%c/%u/#"));
        assertThat(found.notes())
                .anyMatch(note -> note.contains("bridge-01"))
                .anyMatch(note -> note.contains("dynsec"))
                .anyMatch(note -> note.contains("retry_interval"))
                .anyMatch(note -> note.contains("max_inflight"))
                .noneMatch(note -> note.contains("log_type"));
    }

    @Test
    void anEmptyRuleFileDeniesAllAndAUserWithoutAHashIsNone(@TempDir Path folder)
            throws IOException {
        Files.writeString(folder.resolve("mosquitto.conf"), "password_file pw\nacl_file acl\n");
        Files.writeString(
                folder.resolve("pw"),
                "empty:\nclear:clear\nhalf:$6$c2FsdA==$\nother:$5$c2FsdA==$aGFzaA==\nbad:$6$c2{sdA==$aGFzaA==\n");
        Files.writeString(folder.resolve("acl"), "");
        MosquittoImport found = MosquittoImport.read(folder);
        assertThat(found.settings()).containsEntry("auth.without_rule", "deny");
        assertThat(found.users()).isEmpty();
        assertThat(found.notes()).anyMatch(note -> note.contains("no user and hashed password"));
    }

    @Test
    void whatMeansSomethingElseHereIsToldOf(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("mosquitto.conf"),
                """
                listener 1884 127.0.0.1
                use_identity_as_username true
                message_size_limit 100
                max_inflight_messages 30
                crlfile revoked.pem
                upgrade_outgoing_qos true
                allow_zero_length_clientid false
                listener 9001
                protocol websockets
                max_packet_size 10
                listener 1885
                mount_point #
                """);
        MosquittoImport found = MosquittoImport.read(folder);
        assertThat(found.settings())
                .containsEntry("mqtt_runtime.bind", "127.0.0.1")
                .containsEntry("auth.certificate.name", "cn")
                .containsEntry("tls.crl", "revoked.pem")
                .containsEntry("mqtt_runtime.max_packet_size", "20")
                .containsEntry("mqtt_runtime.max_payload_size", "100")
                .containsEntry("mqtt_runtime.upgrade_outgoing_qos", "true")
                .containsEntry("mqtt_runtime.assign_client_ids", "false")
                .containsEntry("mqtt_runtime.max_inflight", "30")
                .containsEntry("mqtt_runtime.receive_maximum", "30")
                .doesNotContainKey("mqtt_runtime.websocket_port");
        assertThat(found.listeners())
                .as("it has an address of its own")
                .containsExactly(
                        new MosquittoImport.Listener(
                                9001, "websocket", "0.0.0.0", "", false, "", ""));
        assertThat(found.notes())
                .anyMatch(note -> note.contains("port 1885 is left out"))
                .anyMatch(note -> note.contains("more than 20 bytes"));
    }

    @Test
    void listenersKeepTheSettingsOfTheirOwn(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("mosquitto.conf"),
                """
                per_listener_settings true
                port 1883
                allow_anonymous true
                listener 1884
                listener 1885
                allow_anonymous true
                mount_point inner/
                listener 1886
                allow_anonymous true
                """);
        MosquittoImport found = MosquittoImport.read(folder);
        assertThat(found.settings())
                .containsEntry("auth.allow_anonymous", "true")
                .containsEntry("mqtt_runtime.tcp_port", "1883");
        assertThat(found.listeners())
                .containsExactly(
                        new MosquittoImport.Listener(1884, "tcp", "", "", true, "", ""),
                        new MosquittoImport.Listener(1885, "tcp", "", "inner/", false, "", ""),
                        new MosquittoImport.Listener(1886, "tcp", "", "", false, "", ""));
        assertThat(PolyMqToml.of(found))
                .contains(
                        """

                        [[mqtt_runtime.listeners]]
                        port = 1885
                        transport = "tcp"
                        mount_point = "inner/"
                        """);
    }

    @Test
    void usersAndRulesStayWithTheirListener(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("mosquitto.conf"),
                """
                per_listener_settings true
                listener 1883
                allow_anonymous true
                listener 1884
                password_file staff
                acl_file acl
                listener 1885
                password_file guests
                acl_file guests.acl
                """);
        Files.writeString(folder.resolve("acl"), "user alice\ntopic a/+\n");
        Files.writeString(folder.resolve("guests.acl"), "topic read b\n");
        Files.writeString(
                folder.resolve("staff"), "alice:$6$c2FsdA==$b25l\nbob:$6$c2FsdA==$dHdv\n");
        Files.writeString(
                folder.resolve("guests"), "bob:$6$c2FsdA==$dGhyZWU=\ncarol:$6$c2FsdA==$Zm91cg==\n");
        MosquittoImport found = MosquittoImport.read(folder);
        assertThat(found.settings())
                .containsEntry("mqtt_runtime.tcp_port", "off")
                .containsEntry("auth.without_rule", "deny")
                .containsEntry("mqtt_runtime.check_retain_source", "true");
        assertThat(found.listeners())
                .containsExactly(
                        new MosquittoImport.Listener(
                                1883, "tcp", "", "", false, "listener-1883", ""),
                        new MosquittoImport.Listener(
                                1884, "tcp", "", "", true, "listener-1884", "users-1884"),
                        new MosquittoImport.Listener(
                                1885, "tcp", "", "", true, "listener-1885", "users-1885"));
        assertThat(found.users())
                .containsExactly(
                        new MosquittoImport.User(
                                "alice", "$6$c2FsdA==$b25l", List.of("users-1884")),
                        new MosquittoImport.User(
                                "bob", "$6$c2FsdA==$dHdv", List.of("users-1884", "users-1885")),
                        new MosquittoImport.User(
                                "carol", "$6$c2FsdA==$Zm91cg==", List.of("users-1885")));
        assertThat(found.rules())
                .containsExactly(
                        new Rule(
                                Rule.EVERYONE, Access.READ_WRITE, Rule.EVERYTHING, "listener-1883"),
                        new Rule("alice", Access.READ_WRITE, "a/+", "listener-1884"),
                        new Rule(Rule.ANONYMOUS, Access.READ, "b", "listener-1885"));
        assertThat(found.notes())
                .anyMatch(note -> note.contains("passwords of bob"))
                .anyMatch(note -> note.contains("port 1883 has no password file"));
        assertThat(PolyMqToml.of(found))
                .contains(
                        """

                        [[mqtt_runtime.listeners]]
                        port = 1884
                        transport = "tcp"
                        login_required = true
                        groups = ["listener-1884"]
                        user_groups = ["users-1884"]
                        """,
                        """

                        [[auth.users]]
                        name = "bob"
                        password_hash = "$6$c2FsdA==$dHdv"
                        groups = ["users-1884", "users-1885"]
                        """,
                        """

                        [[auth.rules]]
                        actions = ["read", "write"]
                        groups = ["listener-1883"]
                        kinds = ["subject"]
                        """);
    }

    @Test
    void itIsWrittenAsAConfigurationOfOurs(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("mosquitto.conf"),
                """
                listener 1884
                allow_anonymous false
                persistence false
                password_file passwd
                acl_file acl
                include_dir conf.d
                """);
        Files.createDirectory(folder.resolve("conf.d"));
        Files.writeString(
                folder.resolve("conf.d/more.conf"),
                "max_keepalive 60\nwebsockets_origin https://a.example\nwebsockets_origin https://b.example\n");
        Files.writeString(folder.resolve("passwd"), "al\"ice:$7$101$c2FsdA==$aGFzaA==\n");
        Files.writeString(folder.resolve("acl"), "user bob\ntopic read a/+\npattern write %u/#\n");
        assertThat(PolyMqToml.of(MosquittoImport.read(folder)))
                .isEqualTo(
                        """

                        [auth]
                        allow_anonymous = false
                        believe_names = true
                        without_rule = "deny"

                        [mqtt_runtime]
                        bind = ["0.0.0.0"]
                        check_retain_source = true
                        server_keep_alive = 60
                        tcp_port = 1884

                        [network]
                        allowed_origins = ["https://a.example", "https://b.example"]

                        [storage]
                        driver = "memory"

                        [[auth.users]]
                        name = "al\\"ice"
                        password_hash = "$7$101$c2FsdA==$aGFzaA=="

                        [[auth.rules]]
                        actions = ["read"]
                        users = ["bob"]
                        kinds = ["subject"]
                        match = "mqtt"
                        names = ["a/+"]

                        [[auth.rules]]
                        actions = ["write"]
                        kinds = ["subject"]
                        match = "mqtt"
                        names = ["%u/#"]
                        """);
    }
}
