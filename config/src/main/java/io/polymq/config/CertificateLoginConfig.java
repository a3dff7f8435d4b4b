package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import java.util.List;

/** {@code [auth.certificate]}: a verified client certificate is a login. */
@Doc(
        "A client certificate that [tls] verified is a login, for clients that bring no password or"
                + " token.")
public record CertificateLoginConfig(
        @Doc(
                        "What of it is the user's name: its CN, its whole name, its first DNS name, e-mail or URI.")
                @OneOf({"cn", "dn", "dns", "email", "uri"})
                @Default("cn")
                String name,
        @Doc("Whether only users that we know get in; else anybody with a certificate does.")
                @Default("false")
                boolean knownUsersOnly,
        @Doc("The tenant of those that we do not know.") @Default("default") String tenant,
        @Doc("Their groups.") List<String> groups) {

    public CertificateLoginConfig {
        groups = List.copyOf(groups);
    }
}
