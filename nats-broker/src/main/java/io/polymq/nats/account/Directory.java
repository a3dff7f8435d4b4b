package io.polymq.nats.account;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.CalloutOptions;
import io.polymq.nats.options.OperatorOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accounts, the door, and the trade between accounts, put together. Shared. */
public final class Directory {

    private static final Logger LOG = LoggerFactory.getLogger(Directory.class);

    private final Parts parts;
    private final Accounts accounts;
    private final AuthCallout callout;
    private volatile Door door;
    private volatile Trade trade;

    private Directory(Parts parts, Accounts accounts, AuthCallout callout, Door door, Trade trade) {
        this.parts = parts;
        this.accounts = accounts;
        this.callout = callout;
        this.door = door;
        this.trade = trade;
    }

    /** What a directory is made from. */
    public record Parts(
            Router router,
            Security security,
            ObjectMapper json,
            InstantSource clock,
            LongSupplier nanoClock,
            SecureRandom random,
            Server server,
            Clients clients) {}

    /** Knows who is connected. */
    public interface Clients {
        /** What is told of one; null when it is none of NATS. */
        @Nullable ObjectNode describe(long connection);

        /** 0 when it is not known. */
        long roundTripNanos(long connection);
    }

    /**
     * What the server says of itself to a service that decides who gets in.
     *
     * @param headers marks the headers of what it asks
     */
    public record Server(
            String name, String host, String id, String version, HeaderCodec headers) {}

    /**
     * @param options what a nats-server configuration says; null: the broker's own door holds
     * @throws OptionsException when accounts, users and imports do not fit together
     */
    public static Directory open(Parts parts, @Nullable ServerOptions options)
            throws OptionsException {
        ServerOptions.Identity identity = identity(parts, options);
        Accounts accounts = new Accounts(parts.router(), identity);
        AuthCallout callout = new AuthCallout(parts);
        Door door = door(parts, options, accounts, callout);
        Trade trade = new Trade(parts, accounts);
        for (Account account : List.copyOf(accounts.all())) {
            for (AccountOptions.Import wanted : account.options().imports()) {
                plan(trade, account, wanted, identity.operator() != null);
            }
        }
        trade.begin();
        return new Directory(parts, accounts, callout, door, trade);
    }

    private static ServerOptions.Identity identity(Parts parts, @Nullable ServerOptions options)
            throws OptionsException {
        ServerOptions.Identity identity =
                options == null ? ServerOptions.Identity.NONE : options.identity();
        OperatorOptions operator = identity.operator();
        if (operator == null || identity.systemAccount() != null) {
            return identity;
        }
        return new ServerOptions.Identity(
                identity.authorization(),
                identity.accounts(),
                identity.mappings(),
                operator,
                identity.noAuthUser(),
                OperatorDoor.systemAccount(operator, parts.json()),
                identity.noSystemAccount());
    }

    private static Door door(
            Parts parts, @Nullable ServerOptions options, Accounts accounts, AuthCallout callout)
            throws OptionsException {
        if (options == null) {
            return new CoreDoor(parts.security(), accounts);
        }
        JwtUsers users = new JwtUsers(parts.clock());
        Duration patience = options.limits().times().authTimeout();
        OperatorOptions operator = options.identity().operator();
        if (operator != null) {
            OperatorDoor jwts = OperatorDoor.open(operator, accounts, parts.json(), users);
            return jwts.hasAuthorities() ? CalloutDoor.delegated(jwts, callout, patience) : jwts;
        }
        // Ends by itself: virtual threads hold nothing back.
        ExecutorService slow = Executors.newVirtualThreadPerTaskExecutor();
        ListedDoor listed = new ListedDoor(options, accounts, slow);
        CalloutOptions asked = options.identity().authorization().callout();
        return asked == null
                ? listed
                : CalloutDoor.listed(
                        listed, callout, patience, ListedAuthority.of(asked, accounts, users));
    }

    /**
     * Another configuration holds from now on, as a whole or not at all. One thread at a time;
     * clients that are there are to be admitted anew.
     */
    public void reload(ServerOptions options) throws OptionsException {
        ServerOptions.Identity identity = identity(parts, options);
        List<AccountOptions> named =
                identity.operator() == null
                        ? identity.accounts()
                        : OperatorDoor.accounts(identity.operator(), parts.json());
        Map<Account, AccountOptions> planned = accounts.planned(identity, named);
        Door next = door(parts, options, accounts, callout);
        Trade other = trade.again(planned);
        for (Map.Entry<Account, AccountOptions> one : planned.entrySet()) {
            for (AccountOptions.Import wanted : one.getValue().imports()) {
                plan(other, one.getKey(), wanted, identity.operator() != null);
            }
        }
        planned.forEach(Account::changed);
        door = next;
        trade.close();
        other.begin();
        trade = other;
    }

    /** In operator mode an account that asks for too much is itself to blame, not the server. */
    private static void plan(
            Trade trade, Account account, AccountOptions.Import wanted, boolean lenient)
            throws OptionsException {
        try {
            trade.plan(account, wanted);
        } catch (OptionsException wrong) {
            if (!lenient) {
                throw wrong;
            }
            LOG.atWarn()
                    .addKeyValue("account", account.name())
                    .log("An import is left out: {}", wrong.getMessage());
        }
    }

    public Accounts accounts() {
        return accounts;
    }

    public Door door() {
        return door;
    }

    /** Once in a while: forgets answers that are overdue. */
    public void sweep() {
        trade.sweep();
    }
}
