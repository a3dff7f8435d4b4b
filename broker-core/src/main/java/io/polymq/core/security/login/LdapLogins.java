package io.polymq.core.security.login;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.config.LdapConfig;
import io.polymq.config.schema.Secret;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.naming.AuthenticationException;
import javax.naming.Context;
import javax.naming.InvalidNameException;
import javax.naming.NameNotFoundException;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.Attributes;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Passwords of a directory, checked by binding with them. An empty password is refused here: to a
 * directory it would be an anonymous bind, which succeeds. Names are escaped where they go into a
 * distinguished name or a filter. What went well is remembered for a while. Shared.
 */
public final class LdapLogins implements Authenticator, AutoCloseable {

    private static final int WAITING = 10_000;
    private static final int REMEMBERED = 100_000;

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
                    Verdict verdict = ask(login.user(), new String(login.password(), UTF_8));
                    if (verdict instanceof Verdict.Accept accept) {
                        remembered.remember(hash, accept.principal());
                    }
                    return verdict;
                });
    }

    private Verdict ask(String user, String password) throws NamingException {
        String entry = entryOf(user);
        if (entry == null) {
            return Verdict.ABSTAIN;
        }
        DirContext bound;
        try {
            bound = bind(entry, password);
        } catch (AuthenticationException | NameNotFoundException e) {
            return new Verdict.Refuse(Reason.BAD_CREDENTIALS, "the directory refused");
        }
        try {
            Set<String> groups = groups(bound, entry);
            return new Verdict.Accept(
                    new Principal(
                            user,
                            config.tenant(),
                            groups,
                            Map.of(),
                            !config.adminGroup().isEmpty()
                                    && groups.contains(config.adminGroup())));
        } finally {
            bound.close();
        }
    }

    /** Null when the directory has no such user, or more than one. */
    private @Nullable String entryOf(String user) throws NamingException {
        String template = config.userDn();
        if (template != null) {
            return template.replace("%u", Rdn.escapeValue(user));
        }
        Secret password = config.bindPassword();
        DirContext searching = bind(config.bindDn(), password == null ? null : password.value());
        try {
            SearchControls controls = new SearchControls();
            controls.setSearchScope(SearchControls.SUBTREE_SCOPE);
            controls.setCountLimit(2);
            controls.setTimeLimit((int) config.timeout().toMillis());
            controls.setReturningAttributes(new String[0]);
            NamingEnumeration<SearchResult> found =
                    searching.search(
                            String.valueOf(config.searchBase()),
                            config.searchFilter(),
                            new Object[] {user},
                            controls);
            try {
                if (!found.hasMore()) {
                    return null;
                }
                String name = found.next().getNameInNamespace();
                return found.hasMore() ? null : name;
            } finally {
                found.close();
            }
        } finally {
            searching.close();
        }
    }

    private DirContext bind(@Nullable String entry, @Nullable String password)
            throws NamingException {
        Hashtable<String, Object> environment = new Hashtable<>();
        String millis = Long.toString(config.timeout().toMillis());
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        environment.put(Context.PROVIDER_URL, config.url());
        environment.put("com.sun.jndi.ldap.connect.timeout", millis);
        environment.put("com.sun.jndi.ldap.read.timeout", millis);
        environment.put(Context.REFERRAL, "ignore");
        if (entry == null || password == null) {
            environment.put(Context.SECURITY_AUTHENTICATION, "none");
        } else {
            environment.put(Context.SECURITY_AUTHENTICATION, "simple");
            environment.put(Context.SECURITY_PRINCIPAL, entry);
            environment.put(Context.SECURITY_CREDENTIALS, password);
        }
        return new InitialDirContext(environment);
    }

    private Set<String> groups(DirContext bound, String entry) throws NamingException {
        Set<String> groups = new HashSet<>();
        Attributes attributes =
                bound.getAttributes(new LdapName(entry), new String[] {config.groupsAttribute()});
        Attribute values = attributes.get(config.groupsAttribute());
        if (values != null) {
            NamingEnumeration<?> all = values.getAll();
            while (all.hasMore()) {
                groups.add(group(String.valueOf(all.next())));
            }
        }
        return groups;
    }

    private static String group(String value) {
        try {
            LdapName name = new LdapName(value);
            return name.isEmpty() ? value : String.valueOf(name.getRdn(name.size() - 1).getValue());
        } catch (InvalidNameException e) {
            return value;
        }
    }

    @Override
    public void close() {
        checks.close();
    }
}
