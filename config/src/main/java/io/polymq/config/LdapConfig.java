package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Secret;
import io.polymq.config.schema.Within;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code [auth.ldap]}: passwords are checked by a directory. */
@Doc("Passwords are checked by a directory: by binding as the user.")
public record LdapConfig(
        @Doc(
                        value = "Its address; ldaps:// is encrypted.",
                        example = "\"ldaps://directory.example:636\"")
                String url,
        @Doc(
                        value = "The user's entry, %u being its name.",
                        example = "\"uid=%u,ou=people,dc=example,dc=org\"")
                @Nullable String userDn,
        @Doc(value = "Or where to search for it,", example = "\"ou=people,dc=example,dc=org\"")
                @Nullable String searchBase,
        @Doc("with this filter, {0} being its name,") @Default("(uid={0})") String searchFilter,
        @Doc(value = "bound as this entry,", example = "\"cn=broker,dc=example,dc=org\"")
                @Nullable String bindDn,
        @Doc(value = "with this password.", example = "\"...\"") @Nullable Secret bindPassword,
        @Doc(
                        "The attribute of the user's entry that holds its groups; of a name such as cn=ops,... the first part's value is taken.")
                @Default("memberOf")
                String groupsAttribute,
        @Doc("The group that makes an administrator; empty: none does.") @Default("")
                String adminGroup,
        @Doc("The tenant of its users.") @Default("default") String tenant,
        @Doc("How long it may take to answer.") @Default("5s") Duration timeout,
        @Doc("Questions at once.") @Within(min = 1, max = 1_000) @Default("16") int atOnce,
        @Doc("How long an answer is remembered; 0s not at all.") @Default("1m") Duration remember) {

    public LdapConfig {
        if (!url.startsWith("ldap://") && !url.startsWith("ldaps://")) {
            throw new IllegalArgumentException("needs a url that begins with ldap:// or ldaps://");
        }
        if ((userDn == null) == (searchBase == null)) {
            throw new IllegalArgumentException("needs either user_dn or search_base");
        }
        if (userDn != null && !userDn.contains("%u")) {
            throw new IllegalArgumentException("needs %u in user_dn, where the name goes");
        }
        if (!searchFilter.contains("{0}")) {
            throw new IllegalArgumentException("needs {0} in search_filter, where the name goes");
        }
    }
}
