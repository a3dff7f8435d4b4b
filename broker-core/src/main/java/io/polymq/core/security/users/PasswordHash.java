package io.polymq.core.security.users;

import static java.nio.charset.StandardCharsets.US_ASCII;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/**
 * A password as it is kept. Understood besides our own {@code $pbkdf2-sha512$i=N$salt$hash}: bcrypt
 * ({@code $2a$}, {@code $2b$}, {@code $2y$}), Mosquitto's {@code $7$} (PBKDF2) and {@code $6$}
 * (salted SHA-512), and RabbitMQ's salted hashes behind {@code $rabbit-sha256$} and {@code
 * $rabbit-sha512$}. Work factors are bounded, so that an import cannot stall logins. Immutable.
 */
public sealed interface PasswordHash {

    int MAX_ITERATIONS = 5_000_000;
    int MAX_BCRYPT_COST = 16;

    /** Slow on purpose; the comparison takes as long whatever differs. */
    boolean verify(byte[] password);

    /** As it is stored. */
    String encoded();

    /** Refuses what it does not understand without repeating it. */
    static PasswordHash parse(String text) {
        try {
            String[] parts = text.split("\\$", -1);
            if (parts.length < 3 || !parts[0].isEmpty()) {
                throw unknown(null);
            }
            return switch (parts[1]) {
                case "pbkdf2-sha512" -> pbkdf2(text, parts, true);
                case "7" -> pbkdf2(text, parts, false);
                case "6" ->
                        new Salted(text, Keyed.SHA_512, bytes(parts[2]), bytes(parts[3]), false);
                case "rabbit-sha256" -> rabbit(text, parts[2], Keyed.SHA_256, 32);
                case "rabbit-sha512" -> rabbit(text, parts[2], Keyed.SHA_512, 64);
                case "2a", "2b", "2y" -> bcrypt(text, parts);
                default -> throw unknown(null);
            };
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw unknown(e);
        }
    }

    private static IllegalArgumentException unknown(
            @org.jspecify.annotations.Nullable Exception e) {
        return new IllegalArgumentException(
                "a password hash is not understood; it begins with one of $pbkdf2-sha512$, $2a$,"
                        + " $2b$, $2y$, $7$, $6$, $rabbit-sha256$, $rabbit-sha512$",
                e);
    }

    private static byte[] bytes(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw unknown(e);
        }
    }

    private static PasswordHash pbkdf2(String text, String[] parts, boolean named) {
        int iterations = Integer.parseInt(named ? parts[2].substring(2) : parts[2]);
        byte[] hash = bytes(parts[4]);
        if (iterations < 1 || iterations > MAX_ITERATIONS || hash.length != 64) {
            throw unknown(null);
        }
        return new Pbkdf2(text, bytes(parts[3]), iterations, hash);
    }

    private static PasswordHash rabbit(String text, String base64, Keyed hash, int length) {
        byte[] both = bytes(base64);
        if (both.length != 4 + length) {
            throw unknown(null);
        }
        return new Salted(
                text, hash, Arrays.copyOf(both, 4), Arrays.copyOfRange(both, 4, both.length), true);
    }

    private static PasswordHash bcrypt(String text, String[] parts) {
        int cost = Integer.parseInt(parts[2]);
        if (cost < 4 || cost > MAX_BCRYPT_COST || text.length() != 60) {
            throw unknown(null);
        }
        return new Bcrypt(text);
    }

    /** A new salt, our own format. Slow on purpose. */
    static PasswordHash make(byte[] password, int iterations, SecureRandom random) {
        byte[] salt = new byte[16];
        random.nextBytes(salt);
        byte[] hash = Keyed.SHA_512.stretched(password, salt, iterations);
        Base64.Encoder base64 = Base64.getEncoder();
        String text =
                "$pbkdf2-sha512$i="
                        + iterations
                        + "$"
                        + base64.encodeToString(salt)
                        + "$"
                        + base64.encodeToString(hash);
        return new Pbkdf2(text, salt, iterations, hash);
    }

    /** One that no password fits and that takes as long to find out. */
    static PasswordHash decoy(int iterations, SecureRandom random) {
        byte[] salt = new byte[16];
        byte[] hash = new byte[64];
        random.nextBytes(salt);
        random.nextBytes(hash);
        return new Pbkdf2("", salt, iterations, hash);
    }

    /**
     * For a password that stands in the configuration anyway: quick to make, forgotten with the
     * process.
     */
    static PasswordHash inMemory(byte[] password, SecureRandom random) {
        byte[] salt = new byte[32];
        random.nextBytes(salt);
        return new InMemory(salt, Keyed.SHA_256.mac(salt, password));
    }

    record Pbkdf2(String encoded, byte[] salt, int iterations, byte[] hash)
            implements PasswordHash {
        @Override
        public boolean verify(byte[] password) {
            return MessageDigest.isEqual(hash, Keyed.SHA_512.stretched(password, salt, iterations));
        }

        @Override
        public String toString() {
            return "Pbkdf2[]";
        }
    }

    /** Salt and password hashed once, in this order or the other. */
    record Salted(String encoded, Keyed by, byte[] salt, byte[] hash, boolean saltFirst)
            implements PasswordHash {
        @Override
        public boolean verify(byte[] password) {
            byte[] tried = saltFirst ? by.hash(salt, password) : by.hash(password, salt);
            return MessageDigest.isEqual(hash, tried);
        }

        @Override
        public String toString() {
            return "Salted[]";
        }
    }

    record Bcrypt(String encoded) implements PasswordHash {
        @Override
        public boolean verify(byte[] password) {
            if (password.length > 72 || contains(password, (byte) 0)) {
                return false;
            }
            return BCrypt.verifyer().verify(password, encoded.getBytes(US_ASCII)).verified;
        }

        private static boolean contains(byte[] bytes, byte wanted) {
            for (byte b : bytes) {
                if (b == wanted) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public String toString() {
            return "Bcrypt[]";
        }
    }

    record InMemory(byte[] salt, byte[] hash) implements PasswordHash {
        @Override
        public boolean verify(byte[] password) {
            return MessageDigest.isEqual(hash, Keyed.SHA_256.mac(salt, password));
        }

        @Override
        public String encoded() {
            throw new IllegalStateException("this one is not stored");
        }

        @Override
        public String toString() {
            return "InMemory[]";
        }
    }
}
