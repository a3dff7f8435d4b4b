package io.polymq.nats;

import java.nio.charset.StandardCharsets;

/** Subjects that clients may not publish to, or not name as the reply. Stateless. */
final class ReservedSubjects {

    private static final byte[][] PUBLISH = {ascii("_GR_."), ascii("$GR."), ascii("$NRG.")};
    private static final byte[][] REPLY = {
        ascii("_R_."), ascii("$JS.ACK."), ascii("_GR_."), ascii("$GR.")
    };

    private ReservedSubjects() {}

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static boolean refusesPublish(byte[] subject) {
        return begins(PUBLISH, subject, 0, subject.length);
    }

    static boolean refusesReply(byte[] bytes, int offset, int length) {
        byte first = bytes[offset];
        return (first == '_' || first == '$') && begins(REPLY, bytes, offset, length);
    }

    private static boolean begins(byte[][] prefixes, byte[] bytes, int offset, int length) {
        for (byte[] prefix : prefixes) {
            if (length > prefix.length && isThere(prefix, bytes, offset)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isThere(byte[] prefix, byte[] bytes, int offset) {
        for (int i = 0; i < prefix.length; i++) {
            if (bytes[offset + i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}
