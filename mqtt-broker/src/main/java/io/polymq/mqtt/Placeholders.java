package io.polymq.mqtt;

/** {@code %c} and {@code %u} in topics and filters of the configuration. Stateless. */
final class Placeholders {

    private Placeholders() {}

    static String fill(String template, String clientId, String user) {
        return template.replace("%c", safe(clientId)).replace("%u", safe(user));
    }

    /** A name as one level: what would widen or split it is taken out. */
    static String safe(String name) {
        StringBuilder level = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            level.append(c == '+' || c == '#' || c == '/' || c == '%' ? '_' : c);
        }
        return level.toString();
    }
}
