package io.polymq.amqp.v1.management;

import io.polymq.amqp.v1.address.PercentCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request's path and query.
 *
 * @param segments of the path, still percent-encoded
 * @param query decoded
 */
record Target(List<String> segments, Map<String, String> query) {

    private static final int LONGEST = 4096;

    /**
     * @throws Refusal when it is no path
     */
    static Target of(String text) {
        int question = text.indexOf('?');
        String path = question < 0 ? text : text.substring(0, question);
        if (!path.startsWith("/") || text.length() > LONGEST) {
            throw Refusal.bad("failed to normalize URI '" + text + "'");
        }
        Map<String, String> query = new HashMap<>();
        if (question >= 0) {
            for (String pair : text.substring(question + 1).split("&", -1)) {
                int equals = pair.indexOf('=');
                if (equals >= 0) {
                    query.put(
                            decoded(pair.substring(0, equals).replace('+', ' ')),
                            decoded(pair.substring(equals + 1).replace('+', ' ')));
                }
            }
        }
        return new Target(List.of(path.substring(1).split("/", -1)), query);
    }

    /**
     * @throws Refusal when it cannot be decoded
     */
    static String decoded(String text) {
        String decoded = PercentCode.decode(text);
        if (decoded == null) {
            throw Refusal.bad("'" + text + "' is not percent-encoded UTF-8");
        }
        return decoded;
    }

    boolean is(String first, int count) {
        return segments.size() == count && segments.getFirst().equals(first);
    }

    @Nullable String query(String name) {
        return query.get(name);
    }
}
