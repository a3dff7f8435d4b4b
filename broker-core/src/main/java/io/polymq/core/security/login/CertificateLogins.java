package io.polymq.core.security.login;

import io.polymq.config.CertificateLoginConfig;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Client certificates that the network layer has verified. They speak for those who bring nothing
 * else: who brings a password or a token is judged by that. Shared.
 */
public final class CertificateLogins implements Authenticator {

    private static final int MAIL = 1;
    private static final int DNS = 2;
    private static final int URI = 6;

    private final CertificateLoginConfig config;
    private final NameMapping mapping;
    private final UserStore users;

    public CertificateLogins(CertificateLoginConfig config, UserStore users) {
        this.config = config;
        this.mapping = NameMapping.of(config.mapping());
        this.users = users;
    }

    @Override
    public String name() {
        return "certificate";
    }

    @Override
    public CompletionStage<Verdict> check(Credentials credentials) {
        X509Certificate certificate = credentials.peer().certificate();
        boolean mine = credentials instanceof Credentials.None && certificate != null;
        return CompletableFuture.completedFuture(mine ? judge(certificate) : Verdict.ABSTAIN);
    }

    private Verdict judge(@Nullable X509Certificate certificate) {
        String found = certificate == null ? null : nameIn(certificate);
        String name = found == null ? null : mapping.apply(found);
        if (name == null || name.isEmpty() || name.length() > User.MAX_NAME) {
            return new Verdict.Refuse(
                    Reason.BAD_CREDENTIALS, "the certificate has no " + config.name());
        }
        User known = users.find(name);
        if (known != null) {
            return known.enabled()
                    ? new Verdict.Accept(known.principal())
                    : new Verdict.Refuse(Reason.BANNED, "the user is disabled");
        }
        return config.knownUsersOnly()
                ? new Verdict.Refuse(Reason.BAD_CREDENTIALS, "the certificate's owner is not known")
                : new Verdict.Accept(
                        new Principal(
                                name,
                                config.tenant(),
                                Set.copyOf(config.groups()),
                                Map.of(),
                                false));
    }

    private @Nullable String nameIn(X509Certificate certificate) {
        String subject = certificate.getSubjectX500Principal().getName();
        return switch (config.name()) {
            case "dn" -> subject;
            case "dns" -> alternative(certificate, DNS);
            case "email" -> alternative(certificate, MAIL);
            case "uri" -> alternative(certificate, URI);
            default -> commonName(subject);
        };
    }

    private static @Nullable String commonName(String subject) {
        try {
            String found = null;
            for (Rdn part : new LdapName(subject).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN") && part.getValue() instanceof String cn) {
                    found = cn;
                }
            }
            return found;
        } catch (InvalidNameException e) {
            return null;
        }
    }

    private static @Nullable String alternative(X509Certificate certificate, int kind) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names != null) {
                for (List<?> name : names) {
                    if (name.get(0) instanceof Integer type
                            && type == kind
                            && name.get(1) instanceof String text) {
                        return text;
                    }
                }
            }
            return null;
        } catch (CertificateParsingException e) {
            return null;
        }
    }
}
