package io.polymq.core.security.users;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keyed hashes and what is made of them. Passwords are bytes here, as clients send them: nothing is
 * lost when they are not UTF-8.
 */
enum Keyed {
    SHA_256("HmacSHA256", "SHA-256"),
    SHA_512("HmacSHA512", "SHA-512");

    private final String mac;
    private final String digest;

    Keyed(String mac, String digest) {
        this.mac = mac;
        this.digest = digest;
    }

    byte[] hash(byte[]... parts) {
        try {
            MessageDigest hash = MessageDigest.getInstance(digest);
            for (byte[] part : parts) {
                hash.update(part);
            }
            return hash.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + digest, e);
        }
    }

    byte[] mac(byte[] key, byte[]... parts) {
        Mac keyed = keyed(key);
        for (byte[] part : parts) {
            keyed.update(part);
        }
        return keyed.doFinal();
    }

    /** An empty key is padded with zeros like any short one, but the JDK wants a byte of it. */
    private Mac keyed(byte[] key) {
        try {
            Mac keyed = Mac.getInstance(mac);
            keyed.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, mac));
            return keyed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + mac, e);
        }
    }

    /** The first block of PBKDF2, which is {@code Hi} of RFC 5802. Slow on purpose. */
    byte[] stretched(byte[] password, byte[] salt, int iterations) {
        Mac keyed = keyed(password);
        keyed.update(salt);
        byte[] last = keyed.doFinal(new byte[] {0, 0, 0, 1});
        byte[] sum = last.clone();
        for (int i = 1; i < iterations; i++) {
            last = keyed.doFinal(last);
            for (int b = 0; b < sum.length; b++) {
                sum[b] ^= last[b];
            }
        }
        return sum;
    }
}
