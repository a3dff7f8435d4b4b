package io.polymq.nats.account;

import io.polymq.core.router.Router;
import io.polymq.core.security.Principal;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All accounts. Those of the configuration are made at the start; a tenant of the broker becomes an
 * account when it is first asked for. Shared.
 */
public final class Accounts {

    private final Router router;
    private final Map<String, Account> byName = new ConcurrentHashMap<>();
    private final Account global;
    private volatile Consumer<Account> whenNew = account -> {};
    private final String systemName;

    Accounts(Router router, ServerOptions.Identity identity) throws OptionsException {
        this.router = router;
        this.global = make(globalOptions(identity));
        String system = identity.systemAccount();
        this.systemName = system == null ? Account.SYSTEM : system;
        for (AccountOptions one : identity.accounts()) {
            if (make(one).options() != one) {
                throw new OptionsException("duplicate account " + one.name());
            }
        }
        if (system != null && identity.operator() == null && !byName.containsKey(system)) {
            throw new OptionsException("system_account: there is no account " + system);
        }
    }

    private static AccountOptions globalOptions(ServerOptions.Identity identity) {
        return new AccountOptions(
                Account.GLOBAL,
                List.of(),
                null,
                List.of(),
                List.of(),
                identity.mappings(),
                AccountOptions.Limits.NONE);
    }

    /**
     * What each account is to be by a configuration that is read again: those that it names, the
     * common one, and empty ones for those that it no longer names. New accounts are there at once.
     */
    Map<Account, AccountOptions> planned(
            ServerOptions.Identity identity, Collection<AccountOptions> named)
            throws OptionsException {
        Map<Account, AccountOptions> planned = new LinkedHashMap<>();
        for (AccountOptions one : named) {
            if (planned.put(make(one), one) != null) {
                throw new OptionsException("duplicate account " + one.name());
            }
        }
        planned.put(global, globalOptions(identity));
        String system = identity.systemAccount();
        if (!(system == null ? Account.SYSTEM : system).equals(systemName)) {
            throw new OptionsException("config reload not supported for system_account");
        }
        for (Account known : byName.values()) {
            planned.putIfAbsent(known, empty(known.name()));
        }
        return planned;
    }

    /** Puts an account there, unless there is one. */
    Account make(AccountOptions options) {
        Account known = byName.get(options.name());
        if (known != null) {
            return known;
        }
        Account made = new Account(router.space(tenantOf(options.name())), options);
        Account first = byName.putIfAbsent(options.name(), made);
        if (first == null) {
            whenNew.accept(made);
        }
        return first == null ? made : first;
    }

    /** What is done with each account, those that are there and those that come. */
    public void onNew(Consumer<Account> action) {
        whenNew = action;
        byName.values().forEach(action);
    }

    private static String tenantOf(String name) {
        return name.equals(Account.GLOBAL) ? Principal.DEFAULT_TENANT : name;
    }

    /** The account of a tenant. */
    public Account ofTenant(String tenant) {
        return tenant.equals(Principal.DEFAULT_TENANT) ? global : make(empty(tenant));
    }

    private static AccountOptions empty(String name) {
        return new AccountOptions(
                name, List.of(), null, List.of(), List.of(), List.of(), AccountOptions.Limits.NONE);
    }

    public Account global() {
        return global;
    }

    /** The account in which the server speaks of itself, made when it is first needed. */
    public Account system() {
        return make(empty(systemName));
    }

    public boolean isSystem(Account account) {
        return account.name().equals(systemName);
    }

    public @Nullable Account get(String name) {
        return byName.get(name);
    }

    public Collection<Account> all() {
        return byName.values();
    }
}
