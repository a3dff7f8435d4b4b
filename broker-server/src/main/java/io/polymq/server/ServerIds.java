package io.polymq.server;

import java.security.SecureRandom;

/** Names for this process that protocols show to their clients. */
final class ServerIds {
    private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final int LENGTH = 56;

    private ServerIds() {}

    /** As NATS servers name themselves: N and base 32. */
    static String nats() {
        SecureRandom random = new SecureRandom();
        StringBuilder id = new StringBuilder("N");
        while (id.length() < LENGTH) {
            id.append(BASE32.charAt(random.nextInt(BASE32.length())));
        }
        return id.toString();
    }
}
