package io.polymq.mqtt;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** A client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), for one login. */
final class ScramClient {

    private static final String NONCE = "fyko+d2lbbFgONRv9qkxdawL";

    private final String first;
    private final String password;

    ScramClient(String user, String password) {
        this.first = "n=" + user + ",r=" + NONCE;
        this.password = password;
    }

    byte[] first() {
        return bytes("n,," + first);
    }

    /** What follows on the server's first message. */
    byte[] last(byte[] challenge) {
        String text = new String(challenge, StandardCharsets.UTF_8);
        String[] parts = text.split(",");
        byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
        int iterations = Integer.parseInt(parts[2].substring(2));
        String without = "c=biws," + parts[0];
        try {
            byte[] salted =
                    SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                            .generateSecret(
                                    new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                            .getEncoded();
            byte[] clientKey = hmac(salted, bytes("Client Key"));
            byte[] storedKey = MessageDigest.getInstance("SHA-256").digest(clientKey);
            byte[] signature = hmac(storedKey, bytes(first + ',' + text + ',' + without));
            byte[] proof = new byte[clientKey.length];
            for (int i = 0; i < proof.length; i++) {
                proof[i] = (byte) (clientKey[i] ^ signature[i]);
            }
            return bytes(without + ",p=" + Base64.getEncoder().encodeToString(proof));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, byte[] data) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(data);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
