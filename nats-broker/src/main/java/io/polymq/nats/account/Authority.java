package io.polymq.nats.account;

import org.jspecify.annotations.Nullable;

/** An account whose own service decides who gets in. Immutable. */
interface Authority {

    /** Where the service listens. */
    Account account();

    /** Whom requests are about. */
    String subject();

    /** The service's key for what it is asked; null to ask in the clear. */
    @Nullable String xkey();

    /** Whether this user, key or token gets in without being asked about. */
    boolean isTrusted(String login);

    /**
     * Who a client is by what the service has answered.
     *
     * @param response what the service has signed
     * @param user the user in it, whose JWT is the token
     * @throws IllegalArgumentException when it had no right to say so
     */
    NatsUser judge(LoginRequest request, Claims response, Claims user, String token);
}
