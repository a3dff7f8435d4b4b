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
        @Doc(
                        value =
                                "What the name becomes: the first of these that fits it, each RULE:regular"
                                        + " expression/replacement/, with L or U behind it for small or"
                                        + " capital letters, or DEFAULT for the name as it is; none fits:"
                                        + " no login. Kafka's ssl.principal.mapping.rules, for name ="
                                        + " \"dn\".",
                        example = "[\"RULE:^CN=([^,]+),OU=Devices.*$/$1/L\", \"DEFAULT\"]")
                List<String> mapping,
        @Doc("Whether only users that we know get in; else anybody with a certificate does.")
                @Default("false")
                boolean knownUsersOnly,
        @Doc("The tenant of those that we do not know.") @Default("default") String tenant,
        @Doc("Their groups.") List<String> groups) {

    public CertificateLoginConfig {
        mapping = List.copyOf(mapping);
        groups = List.copyOf(groups);
    }
}
