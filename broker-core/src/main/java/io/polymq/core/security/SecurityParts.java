package io.polymq.core.security;

import io.polymq.config.AuthConfig;
import io.polymq.core.security.login.Backoff;
import io.polymq.core.security.login.Bans;
import io.polymq.core.security.login.Chain;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.Passwords;
import io.polymq.core.security.users.UserStore;
import org.jspecify.annotations.Nullable;

/**
 * What the door is put together from.
 *
 * @param loopbackOnly whether no listener can be reached from another machine
 * @param otherLogins whether some authenticator besides our own users is configured
 * @param resources closed with the door
 */
record SecurityParts(
        AuthConfig config,
        boolean loopbackOnly,
        boolean otherLogins,
        UserStore users,
        RuleStore rules,
        Bans bans,
        Backoff backoff,
        Chain chain,
        Passwords passwords,
        LoginMetrics metrics,
        AutoCloseable resources,
        @Nullable String generatedPassword) {}
