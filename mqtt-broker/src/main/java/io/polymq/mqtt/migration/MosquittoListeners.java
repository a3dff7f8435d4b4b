package io.polymq.mqtt.migration;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of a {@code mosquitto.conf}: the first of each kind becomes that kind's port,
 * unless it has an address or settings of its own; the others stand for themselves. For one use and
 * one thread.
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
        @Nullable Boolean anonymous;

        Found(String port) {
            this.port = port;
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
            default -> {
                return false;
            }
        }
        return true;
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
        }
        explicit = true;
    }

    /**
     * Writes what was found into the settings.
     *
     * @param named whether there are users or rules
     * @return those that stand for themselves
     */
    List<MosquittoImport.Listener> end(boolean named) {
        all.add(current);
        String commonBind = all.getFirst().bind;
        if (!commonBind.isEmpty()) {
            settings.put(MQTT + "bind", commonBind);
        }
        anonymous();
        if (perListener && named && all.size() > 1) {
            notes.add("The users and rules of one listener hold for all of them.");
        }
        List<MosquittoImport.Listener> further = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (Found one : all) {
            boolean own = needsLogin(one) || !one.mountPoint.isEmpty();
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
                                needsLogin(one)));
            }
        }
        if (!taken.contains("tcp")) {
            settings.put(MQTT + "tcp_port", "off");
        }
        return further;
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
