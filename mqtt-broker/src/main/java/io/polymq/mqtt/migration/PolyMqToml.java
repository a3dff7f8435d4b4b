package io.polymq.mqtt.migration;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes what was read of another broker as a configuration file of ours. Stateless. */
public final class PolyMqToml {

    private static final String BIND = "mqtt_runtime.bind";

    private PolyMqToml() {}

    /** The whole file. */
    public static String of(MosquittoImport found) {
        StringBuilder out = new StringBuilder();
        Map<String, Map<String, String>> sections = new TreeMap<>();
        found.settings()
                .forEach(
                        (key, value) -> {
                            int dot = key.lastIndexOf('.');
                            sections.computeIfAbsent(
                                            dot < 0 ? "" : key.substring(0, dot),
                                            section -> new TreeMap<>())
                                    .put(key.substring(dot + 1), value(key, value));
                        });
        sections.forEach(
                (section, keys) -> {
                    if (!section.isEmpty()) {
                        out.append("\n[").append(section).append("]\n");
                    }
                    keys.forEach(
                            (key, value) ->
                                    out.append(key).append(" = ").append(value).append('\n'));
                });
        found.listeners().forEach(listener -> listener(out, listener));
        found.users().forEach(user -> user(out, user));
        found.rules().forEach(rule -> rule(out, rule));
        return out.toString();
    }

    private static String value(String key, String value) {
        boolean bare = value.matches("-?[0-9]{1,18}|true|false");
        String written = bare ? value : quoted(value);
        return key.equals(BIND) || key.equals(MosquittoImport.ORIGINS)
                ? "[" + written.replace(",", "\", \"") + "]"
                : written;
    }

    private static void listener(StringBuilder out, MosquittoImport.Listener listener) {
        out.append("\n[[mqtt_runtime.listeners]]\nport = ").append(listener.port());
        out.append("\ntransport = ").append(quoted(listener.transport())).append('\n');
        if (!listener.bind().isEmpty()) {
            out.append("bind = [").append(quoted(listener.bind())).append("]\n");
        }
        if (!listener.mountPoint().isEmpty()) {
            out.append("mount_point = ").append(quoted(listener.mountPoint())).append('\n');
        }
        if (listener.loginRequired()) {
            out.append("login_required = true\n");
        }
        if (!listener.group().isEmpty()) {
            out.append("groups = [").append(quoted(listener.group())).append("]\n");
        }
        if (!listener.userGroup().isEmpty()) {
            out.append("user_groups = [").append(quoted(listener.userGroup())).append("]\n");
        }
    }

    private static void user(StringBuilder out, MosquittoImport.User user) {
        out.append("\n[[auth.users]]\nname = ").append(quoted(user.name()));
        out.append("\npassword_hash = ").append(quoted(user.hash())).append('\n');
        if (!user.groups().isEmpty()) {
            String groups =
                    user.groups().stream()
                            .map(PolyMqToml::quoted)
                            .collect(Collectors.joining(", "));
            out.append("groups = [").append(groups).append("]\n");
        }
    }

    private static void rule(StringBuilder out, MosquittoImport.Rule rule) {
        out.append("\n[[auth.rules]]\n");
        switch (rule.access()) {
            case READ -> out.append("actions = [\"read\"]\n");
            case WRITE -> out.append("actions = [\"write\"]\n");
            case READ_WRITE -> out.append("actions = [\"read\", \"write\"]\n");
            case DENY -> out.append("effect = \"deny\"\nactions = [\"read\", \"write\"]\n");
        }
        if (!rule.user().equals(MosquittoImport.Rule.EVERYONE)) {
            boolean nobody = rule.user().equals(MosquittoImport.Rule.ANONYMOUS);
            String user = nobody ? "anonymous" : rule.user();
            out.append("users = [").append(quoted(user)).append("]\n");
        }
        if (!rule.group().isEmpty()) {
            out.append("groups = [").append(quoted(rule.group())).append("]\n");
        }
        out.append("kinds = [\"subject\"]\n");
        if (!rule.filter().equals(MosquittoImport.Rule.EVERYTHING)) {
            out.append("match = \"mqtt\"\nnames = [");
            out.append(quoted(rule.filter())).append("]\n");
        }
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (Character.isISOControl(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
