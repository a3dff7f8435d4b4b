package io.polymq.core.security.login;

import io.polymq.core.security.rules.AddressRange;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Someone who is not let in, whatever they know. Immutable.
 *
 * @param value a user, a client id (ending in {@code *}: all that begin so), an address or a block
 * @param until null for ever
 */
public record Ban(Kind kind, String value, @Nullable Instant until, String reason) {

    /** What {@link #value} is. */
    public enum Kind {
        USER,
        CLIENT_ID,
        ADDRESS
    }

    public Ban {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("a ban names somebody");
        }
        if (kind == Kind.ADDRESS) {
            AddressRange.parse(value);
        }
    }

    /** What names it among all bans. */
    public String id() {
        return kind.name().toLowerCase(Locale.ROOT) + "/" + value;
    }

    boolean holds(Instant now) {
        return until == null || now.isBefore(until);
    }

    boolean means(String user, String clientId, @Nullable InetAddress address) {
        return switch (kind) {
            case USER -> value.equals(user);
            case CLIENT_ID ->
                    value.endsWith("*")
                            ? clientId.startsWith(value.substring(0, value.length() - 1))
                            : value.equals(clientId);
            case ADDRESS -> AddressRange.parse(value).contains(address);
        };
    }
}
