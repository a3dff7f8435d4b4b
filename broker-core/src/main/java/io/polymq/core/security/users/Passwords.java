package io.polymq.core.security.users;

import io.polymq.core.security.Security.ScramMechanism;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.Map;

/**
 * Makes what is kept of a password, as costly as configured. Shared; slow on purpose, so not for
 * loops.
 *
 * @param iterations of PBKDF2
 * @param scramIterations of SCRAM; zero keeps none, so that such logins are not possible
 */
public record Passwords(int iterations, int scramIterations, SecureRandom random) {

    private static final int LEAST_ITERATIONS = 1_000;
    private static final String GENERATED =
            "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public Passwords {
        if (iterations < LEAST_ITERATIONS || iterations > PasswordHash.MAX_ITERATIONS) {
            throw new IllegalArgumentException(
                    "password_iterations is between "
                            + LEAST_ITERATIONS
                            + " and "
                            + PasswordHash.MAX_ITERATIONS);
        }
    }

    /** The user with this password, for every way of logging in by one. */
    public User set(User user, byte[] password) {
        return user.with(
                PasswordHash.make(password, iterations, random), scram(password, scramIterations));
    }

    /** The same for a password that stands in the configuration: not worth stretching much. */
    public User setInMemory(User user, byte[] password) {
        int quick = scramIterations == 0 ? 0 : ScramCredential.MIN_ITERATIONS;
        return user.with(PasswordHash.inMemory(password, random), scram(password, quick));
    }

    /**
     * The same for a password of {@link #generate()}: stretching adds nothing to what nobody can
     * guess.
     */
    public User setGenerated(User user, byte[] password) {
        return new Passwords(
                        LEAST_ITERATIONS,
                        Math.min(scramIterations, ScramCredential.MIN_ITERATIONS),
                        random)
                .set(user, password);
    }

    private Map<ScramMechanism, ScramCredential> scram(byte[] password, int rounds) {
        Map<ScramMechanism, ScramCredential> made = new EnumMap<>(ScramMechanism.class);
        if (rounds > 0) {
            for (ScramMechanism mechanism : ScramMechanism.values()) {
                made.put(mechanism, ScramCredential.make(mechanism, password, rounds, random));
            }
        }
        return made;
    }

    /** A password that nobody guesses and everybody can type. */
    public String generate() {
        StringBuilder password = new StringBuilder();
        for (int i = 0; i < 24; i++) {
            password.append(GENERATED.charAt(random.nextInt(GENERATED.length())));
        }
        return password.toString();
    }
}
