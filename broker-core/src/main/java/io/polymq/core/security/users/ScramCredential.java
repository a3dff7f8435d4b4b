package io.polymq.core.security.users;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.polymq.core.security.Security.ScramMechanism;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * What a server keeps of a password for SCRAM (RFC 5802, 3): enough to check a proof and to prove
 * itself, not enough to log in elsewhere. Immutable.
 */
public record ScramCredential(byte[] salt, int iterations, byte[] storedKey, byte[] serverKey) {

    public static final int MIN_ITERATIONS = 4_096;
    public static final int MAX_ITERATIONS = 1_000_000;

    private static final byte[] CLIENT_KEY = "Client Key".getBytes(US_ASCII);
    private static final byte[] SERVER_KEY = "Server Key".getBytes(US_ASCII);

    public ScramCredential {
        if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
            throw new IllegalArgumentException(
                    "SCRAM takes "
                            + MIN_ITERATIONS
                            + " to "
                            + MAX_ITERATIONS
                            + " iterations, not "
                            + iterations);
        }
        if (salt.length == 0 || storedKey.length != serverKey.length) {
            throw new IllegalArgumentException("a SCRAM credential is not whole");
        }
    }

    /** Slow on purpose. */
    public static ScramCredential make(
            ScramMechanism mechanism, byte[] password, int iterations, SecureRandom random) {
        byte[] salt = new byte[16];
        random.nextBytes(salt);
        return ofSalted(
                mechanism,
                salt,
                iterations,
                keyed(mechanism).stretched(password, salt, iterations));
    }

    /** From what Kafka's admin clients send: the password already salted and stretched. */
    public static ScramCredential ofSalted(
            ScramMechanism mechanism, byte[] salt, int iterations, byte[] saltedPassword) {
        Keyed keyed = keyed(mechanism);
        return new ScramCredential(
                salt,
                iterations,
                keyed.hash(keyed.mac(saltedPassword, CLIENT_KEY)),
                keyed.mac(saltedPassword, SERVER_KEY));
    }

    /**
     * One that no proof fits, always the same for the same name, so that a name which nobody has
     * looks like any other.
     */
    public static ScramCredential decoy(
            ScramMechanism mechanism, byte[] key, byte[] name, int iterations) {
        Keyed keyed = keyed(mechanism);
        byte[] seed = keyed.mac(key, name);
        return new ScramCredential(
                Arrays.copyOf(seed, 16),
                iterations,
                keyed.mac(seed, CLIENT_KEY),
                keyed.mac(seed, SERVER_KEY));
    }

    /** Checks a password in clear against it. Slow on purpose. */
    public boolean verify(ScramMechanism mechanism, byte[] password) {
        Keyed keyed = keyed(mechanism);
        byte[] salted = keyed.stretched(password, salt, iterations);
        return MessageDigest.isEqual(storedKey, keyed.hash(keyed.mac(salted, CLIENT_KEY)));
    }

    static Keyed keyed(ScramMechanism mechanism) {
        return switch (mechanism) {
            case SHA_256 -> Keyed.SHA_256;
            case SHA_512 -> Keyed.SHA_512;
        };
    }

    @Override
    public String toString() {
        return "ScramCredential[iterations=" + iterations + "]";
    }
}
