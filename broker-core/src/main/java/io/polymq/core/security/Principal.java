package io.polymq.core.security;

import java.util.Map;
import java.util.Set;

/**
 * Who a client turned out to be.
 *
 * @param user its name; {@link #ANONYMOUS} has one too
 * @param tenant the name space that it works in
 * @param groups for rules
 * @param attributes what the authenticator learned (claims), for protocols that use it
 * @param admin whether it may administrate the broker
 */
public record Principal(
        String user,
        String tenant,
        Set<String> groups,
        Map<String, String> attributes,
        boolean admin) {

    public static final String DEFAULT_TENANT = "default";
    public static final Principal ANONYMOUS =
            new Principal("anonymous", DEFAULT_TENANT, Set.of(), Map.of(), false);

    private static final String UNPROVEN = "unproven";

    public Principal {
        groups = Set.copyOf(groups);
        attributes = Map.copyOf(attributes);
    }

    /** Whoever a client says it is, where nobody asks it to prove that. */
    public static Principal believed(String user) {
        return new Principal(user, DEFAULT_TENANT, Set.of(), Map.of(UNPROVEN, "true"), false);
    }

    /** Whether somebody looked at who it says it is. */
    public boolean isProven() {
        return !user.equals(ANONYMOUS.user) && !attributes.containsKey(UNPROVEN);
    }

    /** The same one at work in another tenant, for protocols that choose one after login. */
    public Principal inTenant(String other) {
        return other.equals(tenant) ? this : new Principal(user, other, groups, attributes, admin);
    }
}
