package io.polymq.nats.account;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.core.router.Router;
import io.polymq.core.security.Security;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.OperatorOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accounts, the door, and the trade between accounts, put together. Shared. */
public final class Directory {

    private static final Logger LOG = LoggerFactory.getLogger(Directory.class);

    private final Accounts accounts;
    private final Door door;
    private final Trade trade;

    private Directory(Accounts accounts, Door door, Trade trade) {
        this.accounts = accounts;
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
            SecureRandom random) {}

    /**
     * @param options what a nats-server configuration says; null: the broker's own door holds
     * @throws OptionsException when accounts, users and imports do not fit together
     */
    public static Directory open(Parts parts, @Nullable ServerOptions options)
            throws OptionsException {
        ServerOptions.Identity identity =
                options == null ? ServerOptions.Identity.NONE : options.identity();
        OperatorOptions operator = identity.operator();
        if (operator != null && identity.systemAccount() == null) {
            identity =
                    new ServerOptions.Identity(
                            identity.authorization(),
                            identity.accounts(),
                            identity.mappings(),
                            operator,
                            identity.noAuthUser(),
                            OperatorDoor.systemAccount(operator, parts.json()),
                            identity.noSystemAccount());
        }
        Accounts accounts = new Accounts(parts.router(), identity);
        Door door;
        if (options == null) {
            door = new CoreDoor(parts.security(), accounts);
        } else if (operator != null) {
            door = OperatorDoor.open(operator, accounts, parts.json(), parts.clock());
        } else {
            // Ends by itself: virtual threads hold nothing back.
            ExecutorService slow = Executors.newVirtualThreadPerTaskExecutor();
            door = new ListedDoor(options, accounts, slow);
        }
        Trade trade = new Trade(parts.router(), accounts, parts.nanoClock(), parts.random());
        for (Account account : List.copyOf(accounts.all())) {
            for (AccountOptions.Import wanted : account.options().imports()) {
                open(trade, account, wanted, operator != null);
            }
        }
        return new Directory(accounts, door, trade);
    }

    /** In operator mode an account that asks for too much is itself to blame, not the server. */
    private static void open(
            Trade trade, Account account, AccountOptions.Import wanted, boolean lenient)
            throws OptionsException {
        try {
            trade.open(account, wanted);
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
