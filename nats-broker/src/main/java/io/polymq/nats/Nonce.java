package io.polymq.nats;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;

/** What INFO gives a client to sign. Immutable. */
record Nonce(String text) {

    private static final int RAW_BYTES = 11;

    static Nonce fresh() {
        byte[] raw = new byte[RAW_BYTES];
        new SecureRandom().nextBytes(raw);
        return new Nonce(Base64.getUrlEncoder().withoutPadding().encodeToString(raw));
    }

    byte[] bytes() {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
