package io.polymq.nats;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.nats.account.Account;
import io.polymq.nats.account.Accounts;
import io.polymq.nats.jetstream.AccountLimits;
import io.polymq.nats.jetstream.JetStream;
import io.polymq.nats.jetstream.ServerIdentity;
import io.polymq.nats.options.JetStreamOptions;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which accounts have JetStream, and how much of it: every one but the system's; with a nats-server
 * configuration those that it is enabled for, and the global one. Any thread.
 */
final class AccountStreams implements Consumer<Account> {

    private final JetStream jetStream;
    private final Accounts accounts;
    private final boolean configured;

    private AccountStreams(JetStream jetStream, Accounts accounts, boolean configured) {
        this.jetStream = jetStream;
        this.accounts = accounts;
        this.configured = configured;
    }

    /** Null when JetStream is not served. */
    static @Nullable AccountStreams start(NatsBrokerServerParams params, Accounts accounts) {
        if (params.jetStream() == null) {
            return null;
        }
        ServerIdentity identity =
                new ServerIdentity(
                        params.settings().serverName(),
                        params.settings().serverId(),
                        NatsSettings.VERSION,
                        NatsSettings.API_LEVEL);
        JetStream started =
                JetStream.start(params.jetStream(), params.router(), identity, params.shutdown())
                        .join();
        return new AccountStreams(started, accounts, params.options() != null);
    }

    /** What {@code /jsz} tells. */
    ObjectNode report(JsonNode options) {
        return jetStream.report(options);
    }

    /** Who waits for messages is told that the server ends. */
    void tellOfEnd() {
        jetStream.tellOfEnd();
    }

    @Override
    public void accept(Account account) {
        JetStreamOptions.AccountLimits most = account.options().limits().jetStream();
        boolean global = account.name().equals(Account.GLOBAL);
        if (accounts.isSystem(account)) {
            return;
        }
        if (configured && !global && most == null) {
            jetStream.refuse(account.tenant());
        } else if (most == null) {
            jetStream.enter(account.tenant());
        } else {
            jetStream.limit(account.tenant(), limits(most));
        }
    }

    private static AccountLimits limits(JetStreamOptions.AccountLimits most) {
        return new AccountLimits(
                most.maxMemory(),
                most.maxFile(),
                most.maxStreams(),
                most.maxConsumers(),
                most.maxAckPending(),
                most.memoryMaxStreamBytes(),
                most.fileMaxStreamBytes(),
                most.maxBytesRequired());
    }
}
