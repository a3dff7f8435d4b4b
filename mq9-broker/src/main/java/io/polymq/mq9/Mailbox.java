package io.polymq.mq9;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a mailbox. A million idle ones are this and nothing else, so everything rare is
 * in one object more. Immutable.
 *
 * @param key tenant, slash, address
 * @param createdAt milliseconds since 1970; tells it from a later one of the same name
 * @param ttlSeconds how long it lives, 0 for ever
 */
record Mailbox(String key, long createdAt, long ttlSeconds, Options options) {

    /**
     * What most mailboxes leave as it is.
     *
     * @param description for people
     * @param maxAttempts deliveries to one group after which a mail is dead, 0 for no limit
     * @param deadLetter the address that gets the dead, null: they are dropped
     */
    record Options(String description, int maxAttempts, @Nullable String deadLetter) {
        static final Options NONE = new Options("", 0, null);
    }

    Mailbox {
        Objects.requireNonNull(options, "options");
    }

    static String key(String tenant, String address) {
        return tenant + '/' + address;
    }

    String tenant() {
        return key.substring(0, key.lastIndexOf('/'));
    }

    String address() {
        return key.substring(key.lastIndexOf('/') + 1);
    }

    /** Milliseconds since 1970, {@link Long#MAX_VALUE} for never. */
    long expiresAt() {
        if (ttlSeconds == 0 || ttlSeconds > (Long.MAX_VALUE - createdAt) / 1000) {
            return Long.MAX_VALUE;
        }
        return createdAt + ttlSeconds * 1000;
    }
}
