package io.polymq.core.security.login;

import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPSearchException;
import com.unboundid.ldap.sdk.LDAPURL;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchResultEntry;
import com.unboundid.ldap.sdk.SearchScope;
import com.unboundid.ldap.sdk.SimpleBindRequest;
import com.unboundid.util.ssl.HostNameSSLSocketVerifier;
import io.polymq.config.LdapConfig;
import io.polymq.config.schema.Secret;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.naming.ldap.Rdn;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Passwords of a directory, checked by binding with them. An empty password is refused here: to a
 * directory it would be an anonymous bind, which succeeds. Names are escaped where they go into a
 * distinguished name or a filter. What went well is remembered for a while. Shared.
 */
public final class LdapLogins implements Authenticator, AutoCloseable {

    private static final int WAITING = 10_000;
    private static final int REMEMBERED = 100_000;
    private static final Set<ResultCode> REFUSALS =
            Set.of(
                    ResultCode.INVALID_CREDENTIALS,
                    ResultCode.NO_SUCH_OBJECT,
                    ResultCode.INVALID_DN_SYNTAX,
                    ResultCode.INAPPROPRIATE_AUTHENTICATION);

    private final LdapConfig config;
    private final SlowChecks checks;
    private final RememberedLogins<Principal> remembered;

    public LdapLogins(LdapConfig config, InstantSource clock, SecureRandom random) {
        this.config = config;
        this.checks =
                new SlowChecks(name(), config.atOnce(), WAITING, config.timeout().multipliedBy(3));
        this.remembered = new RememberedLogins<>(REMEMBERED, config.remember(), clock, random);
    }

    @Override
    public String name() {
        return "ldap";
    }

    @Override
    public CompletionStage<Verdict> check(Credentials credentials) {
        if (!(credentials instanceof Credentials.Password login) || login.user().isEmpty()) {
            return CompletableFuture.completedFuture(Verdict.ABSTAIN);
        }
        if (login.password().length == 0) {
            return CompletableFuture.completedFuture(
                    new Verdict.Refuse(Reason.BAD_CREDENTIALS, "the password is empty"));
        }
        String hash = remembered.hash(login.password(), login.user());
        Principal known = remembered.find(hash);
        if (known != null) {
            return CompletableFuture.completedFuture(new Verdict.Accept(known));
        }
        return checks.run(
                () -> {
                    Verdict verdict = ask(login.user(), login.password());
                    if (verdict instanceof Verdict.Accept accept) {
                        remembered.remember(hash, accept.principal());
                    }
                    return verdict;
                });
    }

    private Verdict ask(String user, byte[] password) throws LDAPException {
        try (LDAPConnection connection = connect()) {
            String entry = entryOf(connection, user);
            if (entry == null) {
                return Verdict.ABSTAIN;
            }
            try {
                connection.bind(new SimpleBindRequest(entry, password));
            } catch (LDAPException e) {
                if (REFUSALS.contains(e.getResultCode())) {
                    return new Verdict.Refuse(Reason.BAD_CREDENTIALS, "the directory refused");
                }
                throw e;
            }
            Set<String> groups = groups(connection, entry);
            return new Verdict.Accept(
                    new Principal(
                            user,
                            config.tenant(),
                            groups,
                            Map.of(),
                            !config.adminGroup().isEmpty()
                                    && groups.contains(config.adminGroup())));
        }
    }

    private LDAPConnection connect() throws LDAPException {
        LDAPConnectionOptions options = new LDAPConnectionOptions();
        options.setConnectTimeoutMillis((int) config.timeout().toMillis());
        options.setResponseTimeoutMillis(config.timeout().toMillis());
        options.setFollowReferrals(false);
        options.setSSLSocketVerifier(new HostNameSSLSocketVerifier(true));
        LDAPURL url = new LDAPURL(config.url());
        SocketFactory sockets =
                url.getScheme().equals("ldaps")
                        ? SSLSocketFactory.getDefault()
                        : SocketFactory.getDefault();
        return new LDAPConnection(sockets, options, url.getHost(), url.getPort());
    }

    /** Null when the directory has no such user, or more than one. */
    private @Nullable String entryOf(LDAPConnection connection, String user) throws LDAPException {
        String template = config.userDn();
        if (template != null) {
            return template.replace("%u", Rdn.escapeValue(user));
        }
        String bindDn = config.bindDn();
        Secret bindPassword = config.bindPassword();
        if (bindDn != null && bindPassword != null) {
            connection.bind(new SimpleBindRequest(bindDn, bindPassword.value()));
        }
        SearchRequest request =
                new SearchRequest(
                        String.valueOf(config.searchBase()),
                        SearchScope.SUB,
                        config.searchFilter().replace("{0}", Filter.encodeValue(user)),
                        SearchRequest.NO_ATTRIBUTES);
        request.setSizeLimit(2);
        try {
            List<SearchResultEntry> found = connection.search(request).getSearchEntries();
            return found.size() == 1 ? found.getFirst().getDN() : null;
        } catch (LDAPSearchException e) {
            if (e.getResultCode().equals(ResultCode.SIZE_LIMIT_EXCEEDED)) {
                return null;
            }
            throw e;
        }
    }

    private Set<String> groups(LDAPConnection connection, String entry) throws LDAPException {
        SearchResultEntry found = connection.getEntry(entry, config.groupsAttribute());
        String[] values = found == null ? null : found.getAttributeValues(config.groupsAttribute());
        Set<String> groups = new HashSet<>();
        if (values != null) {
            for (String value : values) {
                groups.add(group(value));
            }
        }
        return groups;
    }

    private static String group(String value) throws LDAPException {
        return DN.isValidDN(value) && !value.isEmpty()
                ? new DN(value).getRDN().getAttributeValues()[0]
                : value;
    }

    @Override
    public void close() {
        checks.close();
    }
}
