package io.polymq.mqtt.migration;

import io.polymq.mqtt.migration.MosquittoImport.Access;
import io.polymq.mqtt.migration.MosquittoImport.Rule;
import io.polymq.mqtt.migration.MosquittoImport.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads {@code mosquitto.conf} and the files that it names. For one use and one thread. */
final class MosquittoReader {

    private static final String MQTT = "mqtt_runtime.";
    private static final String BASE_64 = "[A-Za-z0-9+/]+={0,2}";

    /** What Mosquitto takes for a password: it refuses one in clear. */
    private static final Pattern HASH =
            Pattern.compile("\\$(6|7\\$[0-9]{1,9})\\$" + BASE_64 + "\\$" + BASE_64);

    private static final long LEAST_PACKET = 20;
    private static final long LARGEST_PACKET = 268_435_455;

    private final Path folder;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final MosquittoListeners listeners = new MosquittoListeners(settings, notes);
    private boolean persistent;
    private String persistenceFile = "mosquitto.db";

    MosquittoReader(Path folder) {
        this.folder = folder;
    }

    MosquittoImport read(Path file) throws IOException {
        options(file);
        List<MosquittoImport.Listener> further = listeners.end();
        if (listeners.ruled()) {
            settings.put("auth.without_rule", "deny");
            settings.put("auth.believe_names", "true");
            settings.putIfAbsent(MQTT + "check_retain_source", "true");
        }
        return new MosquittoImport(
                settings,
                further,
                listeners.users(),
                listeners.rules(),
                notes,
                persistent ? persistenceFile : "");
    }

    private void options(Path file) throws IOException {
        for (String line : lines(file)) {
            int space = line.indexOf(' ');
            String key = space < 0 ? line : line.substring(0, space);
            String value = space < 0 ? "" : line.substring(space + 1).trim();
            if (!listeners.option(key, value)) {
                option(key, value);
            }
        }
    }

    private static List<String> lines(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String trimmed = line.trim();
            if (!trimmed.isEmpty() && trimmed.charAt(0) != '#') {
                lines.add(trimmed);
            }
        }
        return lines;
    }

    private void option(String key, String value) throws IOException {
        switch (key) {
            case "certfile" -> tls("certificate", value);
            case "keyfile" -> tls("key", value);
            case "cafile" -> tls("client_ca", value);
            case "crlfile" -> tls("crl", value);
            case "use_identity_as_username" -> identity(value, "cn");
            case "use_subject_as_username" -> identity(value, "dn");
            case "require_certificate" ->
                    settings.put("tls.client_auth", isTrue(value) ? "required" : "none");
            case "password_file" -> listeners.passwordFile(users(locate(value)));
            case "acl_file" -> listeners.ruleFile(rules(locate(value)));
            case "max_packet_size" -> packetSize(value);
            case "message_size_limit" -> settings.put(MQTT + "max_payload_size", value);
            case "upgrade_outgoing_qos", "check_retain_source" -> yesOrNo(key, value);
            case "allow_zero_length_clientid" -> yesOrNo("assign_client_ids", value);
            case "max_inflight_messages" -> {
                unlessZero(value, "max_inflight");
                unlessZero(value, "receive_maximum");
            }
            case "max_queued_messages" -> unlessZero(value, "max_queued_messages");
            case "max_queued_bytes" -> unlessZero(value, "max_queued_bytes");
            case "queue_qos0_messages" -> yesOrNo("queue_qos0_offline", value);
            case "max_topic_alias" -> settings.put(MQTT + "topic_alias_maximum", value);
            case "retain_available" -> yesOrNo("retain_available", value);
            case "max_qos", "maximum_qos" -> settings.put(MQTT + "maximum_qos", value);
            case "websockets_origin" ->
                    settings.merge(MosquittoImport.ORIGINS, value, (some, one) -> some + ',' + one);
            case "max_keepalive" -> settings.put(MQTT + "server_keep_alive", value);
            case "sys_interval" -> settings.put(MQTT + "sys_interval", value + "s");
            case "persistent_client_expiration" -> expiration(value);
            case "max_connections" -> {
                if (!value.startsWith("-")) {
                    settings.put("network.max_connections", value);
                }
            }
            case "persistence_location" -> settings.put("data_path", value);
            case "persistence_file" -> persistenceFile = value;
            case "persistence" -> {
                persistent = isTrue(value);
                if (!persistent) {
                    settings.put("storage.driver", "memory");
                }
            }
            case "include_dir" -> include(locate(value));
            case "connection", "address", "topic" ->
                    notes.add("Bridges have no counterpart: \"" + key + ' ' + value + "\".");
            case "plugin", "auth_plugin", "global_plugin" ->
                    notes.add("Plugins have no counterpart: " + value + '.');
            default -> ignored(key, value);
        }
    }

    private void include(Path folderOfParts) throws IOException {
        try (Stream<Path> parts = Files.list(folderOfParts)) {
            for (Path part : parts.filter(p -> p.toString().endsWith(".conf")).sorted().toList()) {
                options(part);
            }
        }
    }

    private void ignored(String key, String value) {
        boolean harmless =
                key.startsWith("log_")
                        || key.equals("pid_file")
                        || key.equals("user")
                        || key.startsWith("autosave_")
                        || key.equals("set_tcp_nodelay");
        if (!harmless) {
            notes.add("\"" + key + ' ' + value + "\" has no counterpart.");
        }
    }

    static boolean isTrue(String value) {
        return value.toLowerCase(Locale.ROOT).equals("true");
    }

    private void identity(String value, String name) {
        if (isTrue(value)) {
            settings.put("auth.certificate.name", name);
        }
    }

    private void yesOrNo(String key, String value) {
        settings.put(MQTT + key, Boolean.toString(isTrue(value)));
    }

    /** There is one certificate for all. */
    private void tls(String key, String value) {
        String before = settings.put("tls." + key, value);
        if (before != null && !before.equals(value)) {
            notes.add(
                    "All encrypted listeners have one "
                            + key
                            + ": "
                            + value
                            + ", where there was "
                            + before
                            + " too.");
        }
    }

    private void packetSize(String value) {
        if (!value.matches("[0-9]{1,18}")) {
            notes.add("\"max_packet_size " + value + "\" cannot be read.");
            return;
        }
        long size = Long.parseLong(value);
        if (size == 0) {
            return;
        }
        long taken = Math.clamp(size, LEAST_PACKET, LARGEST_PACKET);
        settings.put(MQTT + "max_packet_size", Long.toString(taken));
        if (taken != size) {
            notes.add(
                    "\"max_packet_size "
                            + value
                            + "\": packets of more than "
                            + taken
                            + " bytes are refused.");
        }
    }

    private void unlessZero(String value, String key) {
        if (value.equals("0")) {
            notes.add("No limit is not offered for " + key + "; the default holds.");
        } else {
            settings.put(MQTT + key, value);
        }
    }

    private void expiration(String value) {
        long number = Long.parseLong(value.substring(0, value.length() - 1));
        long days =
                switch (value.charAt(value.length() - 1)) {
                    case 'd' -> number;
                    case 'w' -> number * 7;
                    case 'm' -> number * 30;
                    case 'y' -> number * 365;
                    default -> 0;
                };
        if (days > 0) {
            settings.put(MQTT + "max_session_expiry", days * 24 + "h");
        } else {
            notes.add("persistent_client_expiration " + value + " cannot be read.");
        }
    }

    private Path locate(String named) {
        Path path = Path.of(named);
        Path here = folder.resolve(path.getFileName());
        return Files.exists(path) ? path : here;
    }

    private List<User> users(Path file) throws IOException {
        List<User> users = new ArrayList<>();
        for (String line : lines(file)) {
            int colon = line.indexOf(':');
            if (colon <= 0 || !HASH.matcher(line.substring(colon + 1)).matches()) {
                notes.add("A line of " + file.getFileName() + " is no user and hashed password.");
                continue;
            }
            users.add(new User(line.substring(0, colon), line.substring(colon + 1), List.of()));
        }
        return users;
    }

    private List<Rule> rules(Path file) throws IOException {
        List<Rule> rules = new ArrayList<>();
        String user = Rule.ANONYMOUS;
        for (String line : lines(file)) {
            String[] parts = line.split("\\s+", 2);
            String rest = parts.length > 1 ? parts[1].trim() : "";
            switch (parts[0]) {
                case "user" -> user = rest;
                case "topic" -> rules.add(rule(user, rest));
                case "pattern" -> rules.add(rule(Rule.EVERYONE, rest));
                default ->
                        notes.add("A line of " + file.getFileName() + " is no rule: " + parts[0]);
            }
        }
        return rules;
    }

    private static Rule rule(String user, String text) {
        int space = text.indexOf(' ');
        String first = space < 0 ? text : text.substring(0, space);
        Access access =
                switch (first) {
                    case "read" -> Access.READ;
                    case "write" -> Access.WRITE;
                    case "deny" -> Access.DENY;
                    default -> Access.READ_WRITE;
                };
        boolean named = access != Access.READ_WRITE || first.equals("readwrite");
        String filter = named && space > 0 ? text.substring(space + 1).trim() : text;
        return new Rule(user, access, filter);
    }
}
