package io.polymq.mqtt.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A Mosquitto installation in our words.
 *
 * @param settings keys of our configuration and their values, as {@code --set} takes them
 * @param users names and password hashes as Mosquitto wrote them
 * @param rules access rules in their order
 * @param notes what has no counterpart, or another meaning, a sentence each
 * @param persistenceFile where Mosquitto keeps what is to survive, beside {@code data_path} or
 *     where it is started; empty when nothing is
 */
public record MosquittoImport(
        Map<String, String> settings,
        List<User> users,
        List<Rule> rules,
        List<String> notes,
        String persistenceFile) {

    private static final String MQTT = "mqtt_runtime.";
    private static final String EVERYWHERE = "0.0.0.0";
    private static final long LEAST_PACKET = 1024;
    private static final long LARGEST_PACKET = 268_435_455;

    /**
     * A user.
     *
     * @param hash {@code $7$...} (PBKDF2 with SHA-512), {@code $6$...} (salted SHA-512), or a
     *     password in clear
     */
    public record User(String name, String hash) {
        @Override
        public String toString() {
            return "User[" + name + "]";
        }
    }

    /** What a rule lets its owner do. */
    public enum Access {
        READ,
        WRITE,
        READ_WRITE,
        DENY
    }

    /**
     * An access rule.
     *
     * @param user who it is for; {@link #ANONYMOUS} for those without a name, {@link #EVERYONE} for
     *     patterns
     * @param filter an MQTT filter, with {@code %c} and {@code %u} in patterns
     */
    public record Rule(String user, Access access, String filter) {
        public static final String ANONYMOUS = "";
        public static final String EVERYONE = "*";
    }

    public MosquittoImport {
        settings = Map.copyOf(settings);
        users = List.copyOf(users);
        rules = List.copyOf(rules);
        notes = List.copyOf(notes);
    }

    /**
     * Reads {@code mosquitto.conf} in that folder and the files that it names, which are looked for
     * in the folder too when they are not where it says.
     */
    public static MosquittoImport read(Path folder) throws IOException {
        return readFile(folder.resolve("mosquitto.conf"));
    }

    /** Reads a configuration file whatever its name, and the files that it names. */
    public static MosquittoImport readFile(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Reader reader = new Reader(folder == null ? Path.of("") : folder);
        reader.conf(file);
        return new MosquittoImport(
                reader.settings,
                reader.users,
                reader.rules,
                reader.notes,
                reader.persistent ? reader.persistenceFile : "");
    }

    /** A list of origins, with commas. */
    static final String ORIGINS = "network.allowed_origins";

    private static final class Reader {
        private final Path folder;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private final List<User> users = new ArrayList<>();
        private final List<Rule> rules = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        private final Set<String> listened = new HashSet<>();
        private String listenerPort = "1883";
        private boolean listenerSeen;
        private boolean anonymousSaid;
        private boolean websockets;
        private boolean tls;
        private boolean ruled;
        private boolean persistent;
        private String persistenceFile = "mosquitto.db";

        Reader(Path folder) {
            this.folder = folder;
        }

        void conf(Path file) throws IOException {
            for (String line : lines(file)) {
                int space = line.indexOf(' ');
                String key = space < 0 ? line : line.substring(0, space);
                String value = space < 0 ? "" : line.substring(space + 1).trim();
                option(key, value);
            }
            endListener();
            if (listenerSeen && !anonymousSaid) {
                settings.put("auth.allow_anonymous", "false");
            }
            if (ruled) {
                settings.put("auth.without_rule", "deny");
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
                case "listener" -> listener(value);
                case "port" -> {
                    listenerSeen = true;
                    listenerPort = value;
                }
                case "bind_address" -> bind(value);
                case "protocol" -> websockets = value.equals("websockets");
                case "certfile" -> {
                    tls = true;
                    settings.put("tls.certificate", value);
                }
                case "keyfile" -> settings.put("tls.key", value);
                case "cafile" -> settings.put("tls.client_ca", value);
                case "use_identity_as_username" -> identity(value, "cn");
                case "use_subject_as_username" -> identity(value, "dn");
                case "require_certificate" ->
                        settings.put("tls.client_auth", isTrue(value) ? "required" : "none");
                case "password_file" -> passwords(locate(value));
                case "acl_file" -> {
                    ruled = true;
                    rules(locate(value));
                }
                case "allow_anonymous" -> anonymous(isTrue(value));
                case "max_packet_size", "message_size_limit" -> packetSize(key, value);
                case "max_inflight_messages" -> {
                    unlessZero(value, "max_inflight");
                    unlessZero(value, "receive_maximum");
                }
                case "max_queued_messages" -> unlessZero(value, "max_queued_messages");
                case "max_queued_bytes" -> unlessZero(value, "max_queued_bytes");
                case "queue_qos0_messages" ->
                        settings.put(MQTT + "queue_qos0_offline", Boolean.toString(isTrue(value)));
                case "max_topic_alias" -> settings.put(MQTT + "topic_alias_maximum", value);
                case "retain_available" ->
                        settings.put(MQTT + "retain_available", Boolean.toString(isTrue(value)));
                case "max_qos", "maximum_qos" -> settings.put(MQTT + "maximum_qos", value);
                case "websockets_origin" ->
                        settings.merge(ORIGINS, value, (some, one) -> some + ',' + one);
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
                for (Path part :
                        parts.filter(p -> p.toString().endsWith(".conf")).sorted().toList()) {
                    for (String line : lines(part)) {
                        int space = line.indexOf(' ');
                        option(
                                space < 0 ? line : line.substring(0, space),
                                space < 0 ? "" : line.substring(space + 1).trim());
                    }
                }
            }
        }

        private void ignored(String key, String value) {
            boolean harmless =
                    key.startsWith("log_")
                            || key.equals("pid_file")
                            || key.equals("user")
                            || key.startsWith("autosave_")
                            || key.equals("per_listener_settings")
                            || key.equals("set_tcp_nodelay");
            if (!harmless) {
                notes.add("\"" + key + ' ' + value + "\" has no counterpart.");
            }
        }

        private static boolean isTrue(String value) {
            return value.toLowerCase(Locale.ROOT).equals("true");
        }

        private void listener(String value) {
            if (listenerSeen) {
                endListener();
            }
            listenerSeen = true;
            String[] parts = value.split("\\s+");
            listenerPort = parts[0];
            websockets = false;
            tls = false;
            bind(parts.length > 1 ? parts[1] : EVERYWHERE);
        }

        /** All listeners of MQTT have the same addresses here. */
        private void bind(String address) {
            String before = settings.put(MQTT + "bind", address);
            if (before == null || before.equals(address)) {
                return;
            }
            String chosen = before.equals(EVERYWHERE) ? before : address;
            settings.put(MQTT + "bind", chosen);
            notes.add(
                    "All listeners bind to the same addresses: "
                            + chosen
                            + ", where there were "
                            + before
                            + " and "
                            + address
                            + '.');
        }

        private void endListener() {
            String key =
                    (websockets ? "websocket" : "")
                            + (websockets ? tls ? "s" : "" : tls ? "tls" : "tcp");
            if (!listened.add(key)) {
                notes.add("Two listeners of one kind: port " + listenerPort + " is left out.");
                return;
            }
            settings.put(MQTT + key + "_port", listenerPort);
        }

        private void identity(String value, String name) {
            if (isTrue(value)) {
                settings.put("auth.certificate.name", name);
            }
        }

        private void anonymous(boolean allowed) {
            anonymousSaid = true;
            settings.put("auth.allow_anonymous", Boolean.toString(allowed));
        }

        /** Mosquitto's message_size_limit is of payloads; ours is always of whole packets. */
        private void packetSize(String key, String value) {
            if (!value.matches("[0-9]{1,18}")) {
                notes.add("\"" + key + ' ' + value + "\" cannot be read.");
                return;
            }
            long size = Long.parseLong(value);
            if (size == 0) {
                return;
            }
            long taken = Math.clamp(size, LEAST_PACKET, LARGEST_PACKET);
            settings.put(MQTT + "max_packet_size", Long.toString(taken));
            if (taken != size || key.equals("message_size_limit")) {
                notes.add(
                        "\""
                                + key
                                + ' '
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

        private void passwords(Path file) throws IOException {
            for (String line : lines(file)) {
                int colon = line.indexOf(':');
                if (colon <= 0 || colon == line.length() - 1) {
                    notes.add("A line of " + file.getFileName() + " is no user and password.");
                    continue;
                }
                users.add(new User(line.substring(0, colon), line.substring(colon + 1)));
            }
        }

        private void rules(Path file) throws IOException {
            String user = Rule.ANONYMOUS;
            for (String line : lines(file)) {
                String[] parts = line.split("\\s+", 2);
                String rest = parts.length > 1 ? parts[1].trim() : "";
                switch (parts[0]) {
                    case "user" -> user = rest;
                    case "topic" -> rule(user, rest);
                    case "pattern" -> rule(Rule.EVERYONE, rest);
                    default ->
                            notes.add(
                                    "A line of " + file.getFileName() + " is no rule: " + parts[0]);
                }
            }
        }

        private void rule(String user, String text) {
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
            rules.add(new Rule(user, access, filter));
        }
    }
}
