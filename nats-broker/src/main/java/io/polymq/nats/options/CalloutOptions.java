package io.polymq.nats.options;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code auth_callout}: a service among the clients decides who gets in. Immutable.
 *
 * @param issuer the account key that signs what the service answers
 * @param account where the service listens
 * @param users who get in without it, such as the service itself
 * @param accounts whose users it decides about; empty for all
 * @param xkey the service's key for what it is asked; null to ask in the clear
 */
public record CalloutOptions(
        String issuer,
        String account,
        Set<String> users,
        List<String> accounts,
        @Nullable String xkey) {
    public CalloutOptions {
        users = Set.copyOf(users);
        accounts = List.copyOf(accounts);
    }
}
