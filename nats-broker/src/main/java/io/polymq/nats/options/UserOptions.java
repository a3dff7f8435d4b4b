package io.polymq.nats.options;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A user of the configuration: a name with a password, or a public nkey. Immutable.
 *
 * @param connectionTypes in upper case; empty for all
 */
public record UserOptions(
        String name,
        @Nullable String password,
        boolean isNkey,
        @Nullable PermissionOptions permissions,
        Set<String> connectionTypes) {

    @Override
    public String toString() {
        return "UserOptions[" + name + "]";
    }
}
