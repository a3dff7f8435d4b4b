package io.polymq.mqtt.migration;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A Mosquitto installation in our words.
 *
 * @param settings keys of our configuration and their values, as {@code --set} takes them
 * @param listeners what is beside the one port of each kind that the settings name
 * @param users names and password hashes as Mosquitto wrote them
 * @param rules access rules in their order
 * @param notes what has no counterpart, or another meaning, a sentence each
 * @param persistenceFile where Mosquitto keeps what is to survive, beside {@code data_path} or
 *     where it is started; empty when nothing is
 */
public record MosquittoImport(
        Map<String, String> settings,
        List<Listener> listeners,
        List<User> users,
        List<Rule> rules,
        List<String> notes,
        String persistenceFile) {

    /**
     * A further listener.
     *
     * @param transport as our configuration names it
     * @param bind empty for where the others are
     * @param group that all its clients are in, when rules are of one listener; otherwise empty
     * @param userGroup that those who log in have to be in; empty when there is none
     */
    public record Listener(
            int port,
            String transport,
            String bind,
            String mountPoint,
            boolean loginRequired,
            String group,
            String userGroup) {}

    /**
     * A user.
     *
     * @param hash {@code $7$...} (PBKDF2 with SHA-512) or {@code $6$...} (salted SHA-512)
     * @param groups which listeners' clients it may be, where users are of one listener
     */
    public record User(String name, String hash, List<String> groups) {
        public User {
            groups = List.copyOf(groups);
        }

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
     * @param filter an MQTT filter, with {@code %c} and {@code %u} in patterns, or {@link
     *     #EVERYTHING}
     * @param group of the listener whose rule it is; empty for all of them
     */
    public record Rule(String user, Access access, String filter, String group) {
        public static final String ANONYMOUS = "";
        public static final String EVERYONE = "*";
        public static final String EVERYTHING = "";

        /** One that holds on every listener. */
        public Rule(String user, Access access, String filter) {
            this(user, access, filter, "");
        }

        Rule of(String oneGroup) {
            return new Rule(user, access, filter, oneGroup);
        }
    }

    /** Of someone who configured nothing. */
    public static final MosquittoImport NOTHING =
            new MosquittoImport(Map.of(), List.of(), List.of(), List.of(), List.of(), "");

    /** A list of origins, with commas. */
    static final String ORIGINS = "network.allowed_origins";

    public MosquittoImport {
        settings = Map.copyOf(settings);
        listeners = List.copyOf(listeners);
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
        return new MosquittoReader(folder == null ? Path.of("") : folder).read(file);
    }
}
