package io.polymq.mq9;

import io.polymq.core.subject.Subject;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/**
 * The rules of addresses, and what a mailbox is called elsewhere: topic and subject {@code
 * mq9.ADDRESS}. Stateless.
 */
final class MailAddress {

    static final String TOPIC_PREFIX = "mq9.";
    private static final int MAX_LENGTH = 128;
    private static final int GENERATED_BITS = 130;
    private static final int RADIX = 36;

    private MailAddress() {}

    /**
     * @throws Mq9Exception when it is no address
     */
    static String check(String name) {
        if (name.isEmpty() || name.length() > MAX_LENGTH) {
            throw new Mq9Exception("name must have 1 to " + MAX_LENGTH + " characters");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!isLetterOrDigit(c) && c != '.') {
                throw new Mq9Exception("name may only contain lowercase letters, digits, and dots");
            }
        }
        if (name.charAt(0) == '.' || name.charAt(name.length() - 1) == '.') {
            throw new Mq9Exception("name must start and end with a lowercase letter or a digit");
        }
        if (name.contains("..")) {
            throw new Mq9Exception("name must not contain two dots in a row");
        }
        return name;
    }

    private static boolean isLetterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
    }

    /** One that nobody guesses. */
    static String generate(SecureRandom random) {
        return "m" + new BigInteger(GENERATED_BITS, random).toString(RADIX);
    }

    /** A short name for something that lives as long as the process. */
    static String token(RandomGenerator random) {
        return Long.toUnsignedString(random.nextLong(), RADIX);
    }

    static String topic(String address) {
        return TOPIC_PREFIX + address;
    }

    static Subject subject(String address) {
        return Subject.ofDotted(TOPIC_PREFIX + address);
    }
}
