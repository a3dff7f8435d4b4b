package io.polymq.amqp;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.UUID;

/** Names that the broker makes up. */
final class Names {

    private Names() {}

    static String queue() {
        return "amq.gen-" + token();
    }

    static String consumer() {
        return "amq.ctag-" + token();
    }

    /** Unlike any other. */
    static String token() {
        UUID id = UUID.randomUUID();
        byte[] bytes =
                ByteBuffer.allocate(16)
                        .putLong(id.getMostSignificantBits())
                        .putLong(id.getLeastSignificantBits())
                        .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
