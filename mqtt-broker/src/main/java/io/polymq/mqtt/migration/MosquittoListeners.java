package io.polymq.mqtt.migration;

import io.polymq.mqtt.migration.MosquittoImport.Access;
import io.polymq.mqtt.migration.MosquittoImport.Rule;
import io.polymq.mqtt.migration.MosquittoImport.User;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of a {@code mosquitto.conf}: the first of each kind becomes that kind's port,
 * unless it has an address or settings of its own; the others stand for themselves. Users and rules
 * that are one listener's alone are told apart by groups, one for whoever came in there and one for
 * whoever may log in there. For one use and one thread.
 */
final class MosquittoListeners {

    private static final String MQTT = "mqtt_runtime.";
    private static final String ANONYMOUS = "auth.allow_anonymous";
    private static final String EVERYWHERE = "0.0.0.0";

    private final Map<String, String> settings;
    private final List<String> notes;
    private final List<Found> all = new ArrayList<>();
    private Found current = new Found("1883");
    private boolean explicit;
    private boolean perListener;
    private @Nullable Boolean anonymous;

    /** One, as far as it has been read. */
    private static final class Found {
        final String port;
        String bind = "";
        String mountPoint = "";
        boolean websockets;
        boolean tls;
        boolean identity;
        @Nullable Boolean anonymous;
        @Nullable List<User> users;
        @Nullable List<Rule> rules;

        Found(String port) {
            this.port = port;
        }

        /** Of all who came in by it. */
        String group() {
            return "listener-" + port;
        }

        /** Of those whom its password file names; empty when nobody is asked for a password. */
        String userGroup() {
            return users == null || identity ? "" : "users-" + port;
        }

        String transport() {
            return websockets ? tls ? "websockets" : "websocket" : tls ? "tls" : "tcp";
        }
    }

    MosquittoListeners(Map<String, String> settings, List<String> notes) {
        this.settings = settings;
        this.notes = notes;
    }

    /** Whether the option is of listeners alone. */
    boolean option(String key, String value) {
        switch (key) {
            case "listener" -> {
                String[] parts = value.split("\\s+");
                begin(parts[0], parts.length > 1 ? parts[1] : EVERYWHERE);
            }
            case "port" -> begin(value, current.bind.isEmpty() ? EVERYWHERE : current.bind);
            case "bind_address" -> current.bind = value;
            case "protocol" -> current.websockets = value.equals("websockets");
            case "mount_point" -> current.mountPoint = value;
            case "per_listener_settings" -> perListener = MosquittoReader.isTrue(value);
            case "allow_anonymous" -> {
                anonymous = MosquittoReader.isTrue(value);
                current.anonymous = anonymous;
            }
            case "certfile" -> {
                current.tls = true;
                return false;
            }
            case "use_identity_as_username", "use_subject_as_username" -> {
                current.identity |= MosquittoReader.isTrue(value);
                return false;
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    void passwordFile(List<User> users) {
        current.users = users;
    }

    void ruleFile(List<Rule> rules) {
        current.rules = rules;
    }

    private void begin(String port, String bind) {
        Found before = current;
        if (explicit) {
            all.add(before);
        }
        current = new Found(port);
        current.bind = bind;
        if (!explicit) {
            current.websockets = before.websockets;
            current.tls = before.tls;
            current.mountPoint = before.mountPoint;
            current.anonymous = before.anonymous;
            current.identity = before.identity;
            current.users = before.users;
            current.rules = before.rules;
        }
        explicit = true;
    }

    /**
     * Writes what was found into the settings.
     *
     * @return those that stand for themselves
     */
    List<MosquittoImport.Listener> end() {
        all.add(current);
        String commonBind = all.getFirst().bind;
        if (!commonBind.isEmpty()) {
            settings.put(MQTT + "bind", commonBind);
        }
        anonymous();
        boolean apart = areApart();
        List<MosquittoImport.Listener> further = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (Found one : all) {
            boolean own = apart || needsLogin(one) || !one.mountPoint.isEmpty();
            boolean elsewhere = !one.bind.equals(commonBind);
            if (!one.port.matches("[0-9]{1,5}") || !isMountPoint(one.mountPoint)) {
                notes.add("The listener on port " + one.port + " is left out: " + why(one));
            } else if (!own && !elsewhere && taken.add(one.transport())) {
                settings.put(MQTT + one.transport() + "_port", one.port);
            } else {
                further.add(
                        new MosquittoImport.Listener(
                                Integer.parseInt(one.port),
                                one.transport(),
                                elsewhere ? one.bind : "",
                                one.mountPoint,
                                needsLogin(one),
                                apart && ruled() ? one.group() : "",
                                apart ? one.userGroup() : ""));
            }
        }
        if (!taken.contains("tcp")) {
            settings.put(MQTT + "tcp_port", "off");
        }
        return further;
    }

    /** Whether users and rules are one listener's alone. */
    private boolean areApart() {
        return perListener && all.size() > 1 && (ruled() || anyPasswords());
    }

    /** Whether there is a file of rules anywhere; without one all is allowed. */
    boolean ruled() {
        return all.stream().anyMatch(one -> one.rules != null);
    }

    private boolean anyPasswords() {
        return all.stream().anyMatch(one -> one.users != null);
    }

    /** Everybody once; of two passwords the first one counts. */
    List<User> users() {
        boolean apart = areApart();
        Map<String, User> found = new LinkedHashMap<>();
        for (Found one : all) {
            if (apart && one.users == null && anyPasswords()) {
                notes.add(
                        "The listener on port "
                                + one.port
                                + " has no password file; who logs in there all the same is checked by those of the others.");
            }
            List<String> groups = apart ? List.of("users-" + one.port) : List.of();
            for (User user : one.users == null ? List.<User>of() : one.users) {
                User named = new User(user.name(), user.hash(), groups);
                found.merge(user.name(), named, this::both);
            }
        }
        return List.copyOf(found.values());
    }

    private User both(User first, User second) {
        if (!first.hash().equals(second.hash())) {
            notes.add("Of the passwords of " + first.name() + " the first one holds everywhere.");
        }
        List<String> groups = new ArrayList<>(first.groups());
        groups.addAll(second.groups());
        return new User(first.name(), first.hash(), groups.stream().distinct().toList());
    }

    /** In their order; where a listener has none while others do, all is allowed on it. */
    List<Rule> rules() {
        boolean apart = areApart();
        List<Rule> found = new ArrayList<>();
        for (Found one : all) {
            List<Rule> own = one.rules;
            if (own == null) {
                own =
                        apart && ruled()
                                ? List.of(
                                        new Rule(Rule.EVERYONE, Access.READ_WRITE, Rule.EVERYTHING))
                                : List.of();
            }
            for (Rule rule : own) {
                found.add(apart ? rule.of(one.group()) : rule);
            }
        }
        return found;
    }

    private void anonymous() {
        Boolean said = anonymous;
        if (perListener && all.stream().anyMatch(one -> Boolean.TRUE.equals(one.anonymous))) {
            settings.put(ANONYMOUS, "true");
        } else if (perListener && explicit) {
            settings.put(ANONYMOUS, "false");
        } else if (said != null) {
            settings.put(ANONYMOUS, said.toString());
        } else if (explicit) {
            settings.put(ANONYMOUS, "false");
        }
    }

    /** Where others let in those without a login. */
    private boolean needsLogin(Found one) {
        return perListener
                && !Boolean.TRUE.equals(one.anonymous)
                && "true".equals(settings.get(ANONYMOUS));
    }

    private static boolean isMountPoint(String text) {
        return text.isEmpty()
                || text.endsWith("/")
                        && !text.startsWith("$")
                        && text.indexOf('+') < 0
                        && text.indexOf('#') < 0;
    }

    private static String why(Found one) {
        return isMountPoint(one.mountPoint)
                ? "that is no port."
                : "its mount_point "
                        + one.mountPoint
                        + " would have to be a topic that ends in a slash.";
    }
}
