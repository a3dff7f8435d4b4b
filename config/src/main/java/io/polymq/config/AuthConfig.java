package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Secret;
import org.jspecify.annotations.Nullable;

/** {@code [auth]}: who gets in. */
@Doc("Who gets in.")
public record AuthConfig(
        @Doc(
                        value =
                                "Whether clients without a login get in. Not written: as long as there is no"
                                        + " user but the first administrator and everything binds loopback.",
                        example = "false")
                @Nullable Boolean allowAnonymous,
        Admin admin) {

    public static final AuthConfig DEFAULT = Defaults.of(AuthConfig.class);

    /** {@code [auth.admin]}: the first administrator. */
    @Doc("The first administrator, created at the first start.")
    public record Admin(
            @Doc("Its name.") @Default("admin") String user,
            @Doc(
                            value =
                                    "Its password. Not written: one is generated and printed once, at the"
                                            + " first start.",
                            example = "\"...\"")
                    @Nullable Secret password) {}
}
