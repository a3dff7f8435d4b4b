package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Secret;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code [[auth.users]]}: a user that stands in the configuration. */
@Doc("A user that stands in the configuration; others are added at run time.")
public record UserConfig(
        @Doc(value = "Its name.", example = "\"alice\"") String name,
        @Doc(value = "Its password.", example = "\"...\"") @Nullable Secret password,
        @Doc(
                        value =
                                "Or what is kept of it: $pbkdf2-sha512$, bcrypt, Mosquitto's $7$ and $6$,"
                                        + " $rabbit-sha256$ and $rabbit-sha512$.",
                        example = "\"$2b$12$...\"")
                @Nullable Secret passwordHash,
        @Doc("The name space that it works in.") @Default("default") String tenant,
        @Doc("Groups that rules can name.") List<String> groups,
        @Doc("Whether it may do everything, administrate included.") @Default("false")
                boolean admin) {

    public UserConfig {
        groups = List.copyOf(groups);
        if (name.isBlank()) {
            throw new IllegalArgumentException("name must not be empty");
        }
        if (password != null && passwordHash != null) {
            throw new IllegalArgumentException("has both password and password_hash");
        }
    }
}
