package io.polymq.nats.options;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code authorization}: one secret for all, or users, who belong to the global account. Immutable.
 */
public record AuthorizationOptions(
        @Nullable String user,
        @Nullable String password,
        @Nullable String token,
        List<UserOptions> users,
        @Nullable PermissionOptions defaultPermissions,
        @Nullable CalloutOptions callout) {

    public static final AuthorizationOptions NONE =
            new AuthorizationOptions(null, null, null, List.of(), null, null);

    public boolean isEmpty() {
        return user == null && token == null && users.isEmpty() && callout == null;
    }

    @Override
    public String toString() {
        return "AuthorizationOptions[users=" + users + "]";
    }
}
