package io.polymq.core.security.users;

import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.ScramMechanism;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A user. Immutable.
 *
 * @param password null: it cannot log in by a password in clear, unless {@code scram} can check it
 * @param scram by mechanism
 * @param enabled whether it may log in
 */
public record User(
        String name,
        String tenant,
        Set<String> groups,
        boolean admin,
        boolean enabled,
        @Nullable PasswordHash password,
        Map<ScramMechanism, ScramCredential> scram) {

    public static final int MAX_NAME = 512;

    public User {
        groups = Set.copyOf(groups);
        scram = Map.copyOf(scram);
        if (name.isEmpty() || name.length() > MAX_NAME) {
            throw new IllegalArgumentException(
                    "a user's name has 1 to " + MAX_NAME + " characters");
        }
        for (int i = 0; i < name.length(); i++) {
            if (Character.isISOControl(name.charAt(i))) {
                throw new IllegalArgumentException("a user's name has no control characters");
            }
        }
    }

    /** In the default tenant, without groups and without a password. */
    public static User named(String name) {
        return new User(name, Principal.DEFAULT_TENANT, Set.of(), false, true, null, Map.of());
    }

    public User in(String other) {
        return new User(name, other, groups, admin, enabled, password, scram);
    }

    public User withGroups(Set<String> names) {
        return new User(name, tenant, names, admin, enabled, password, scram);
    }

    public User asAdmin(boolean is) {
        return new User(name, tenant, groups, is, enabled, password, scram);
    }

    public User enabled(boolean is) {
        return new User(name, tenant, groups, admin, is, password, scram);
    }

    public User with(
            @Nullable PasswordHash hash, Map<ScramMechanism, ScramCredential> credentials) {
        return new User(name, tenant, groups, admin, enabled, hash, credentials);
    }

    public Principal principal() {
        return new Principal(name, tenant, groups, Map.of(), admin);
    }

    /** Slow on purpose. */
    public boolean verify(byte[] secret) {
        if (password != null) {
            return password.verify(secret);
        }
        for (Map.Entry<ScramMechanism, ScramCredential> one : scram.entrySet()) {
            return one.getValue().verify(one.getKey(), secret);
        }
        return false;
    }
}
