package io.polymq.kafka.quota;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whom a quota is for: names by type, where {@link #DEFAULT} stands for everyone of that type who
 * has none of their own. Immutable.
 */
record QuotaEntity(Map<String, String> names) {

    static final String USER = "user";
    static final String CLIENT_ID = "client-id";
    static final String IP = "ip";

    /** No name: names are never empty. */
    static final String DEFAULT = "";

    QuotaEntity {
        names = Map.copyOf(names);
    }

    static QuotaEntity of(@Nullable String user, @Nullable String clientId) {
        Map<String, String> names = new TreeMap<>();
        if (user != null) {
            names.put(USER, user);
        }
        if (clientId != null) {
            names.put(CLIENT_ID, clientId);
        }
        return new QuotaEntity(names);
    }

    static QuotaEntity ip(String address) {
        return new QuotaEntity(Map.of(IP, address));
    }

    /** As it is named in the metadata. */
    String key() {
        StringBuilder key = new StringBuilder();
        new TreeMap<>(names)
                .forEach(
                        (type, name) ->
                                key.append(key.isEmpty() ? "" : "&")
                                        .append(type)
                                        .append('=')
                                        .append(URLEncoder.encode(name, UTF_8)));
        return key.toString();
    }

    static QuotaEntity parse(String key) {
        Map<String, String> names = new TreeMap<>();
        for (String part : key.split("&")) {
            int at = part.indexOf('=');
            names.put(part.substring(0, at), URLDecoder.decode(part.substring(at + 1), UTF_8));
        }
        return new QuotaEntity(names);
    }
}
