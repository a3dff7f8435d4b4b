package io.polymq.nats.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The claims of a NATS JWT whose signature is its issuer's. Immutable. */
final class Claims {

    private static final int MAX_LENGTH = 1 << 20;

    private final JsonNode claims;

    private Claims(JsonNode claims) {
        this.claims = claims;
    }

    /**
     * @param issuers the kinds of keys that may have signed it
     * @throws IllegalArgumentException when it is no JWT of NATS, or not signed by who it says
     */
    static Claims verified(ObjectMapper json, String token, String issuers) {
        String[] parts = token.strip().split("\\.", -1);
        if (parts.length != 3 || token.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("not a JWT");
        }
        try {
            JsonNode header = json.readTree(Base64.getUrlDecoder().decode(parts[0]));
            JsonNode claims = json.readTree(Base64.getUrlDecoder().decode(parts[1]));
            if (header == null || claims == null || !claims.isObject()) {
                throw new IllegalArgumentException("not a JWT");
            }
            String algorithm = header.path("alg").asText();
            String issuer = claims.path("iss").asText();
            Nkey key =
                    issuer.isEmpty() || issuers.indexOf(issuer.charAt(0)) < 0
                            ? null
                            : Nkey.parse(issuer, issuer.charAt(0));
            boolean first = algorithm.equals("ed25519");
            if (!first && !algorithm.equals("ed25519-nkey")) {
                throw new IllegalArgumentException("signed with " + algorithm);
            }
            String signed = first ? parts[1] : parts[0] + '.' + parts[1];
            if (key == null
                    || !key.verifies(signed.getBytes(StandardCharsets.US_ASCII), parts[2])) {
                throw new IllegalArgumentException("the signature is not its issuer's");
            }
            return new Claims(claims);
        } catch (IOException e) {
            throw new IllegalArgumentException("not a JWT", e);
        }
    }

    String issuer() {
        return claims.path("iss").asText();
    }

    String subject() {
        return claims.path("sub").asText();
    }

    /** For whom it is meant. */
    String audience() {
        return claims.path("aud").asText();
    }

    String name() {
        return claims.path("name").asText();
    }

    long issuedAt() {
        return claims.path("iat").asLong();
    }

    /** Seconds since 1970, 0 for never. */
    long expires() {
        return claims.path("exp").asLong();
    }

    /** What only NATS puts there; the first version has some of it a level higher. */
    JsonNode nats() {
        return claims.path("nats");
    }

    String kind() {
        String inside = nats().path("type").asText();
        return inside.isEmpty() ? claims.path("type").asText() : inside;
    }

    boolean holdsAt(long second) {
        long from = claims.path("nbf").asLong();
        long to = expires();
        return (from == 0 || from <= second) && (to == 0 || to > second);
    }

    static @Nullable String text(JsonNode in, String key) {
        JsonNode value = in.path(key);
        return value.isTextual() && !value.textValue().isEmpty() ? value.textValue() : null;
    }

    static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        if (array.isTextual()) {
            for (String part : array.textValue().split(",", -1)) {
                if (!part.isBlank()) {
                    texts.add(part.strip());
                }
            }
        }
        array.forEach(one -> texts.add(one.asText()));
        return texts;
    }

    static long number(JsonNode in, String key, long absent) {
        JsonNode value = in.path(key);
        return value instanceof MissingNode || value.isNull() ? absent : value.asLong(absent);
    }
}
