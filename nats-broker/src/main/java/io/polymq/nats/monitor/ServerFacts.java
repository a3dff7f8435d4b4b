package io.polymq.nats.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.nats.account.Account;
import io.polymq.nats.account.Accounts;
import io.polymq.nats.account.Traffic;
import io.polymq.nats.options.LimitOptions;
import io.polymq.nats.options.ServerOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What reports ask the broker for. Any thread. */
public interface ServerFacts {

    /** The same as long as the process lives. */
    record Identity(
            String serverId,
            String serverName,
            String version,
            String revision,
            String host,
            int port,
            long startedAt,
            int maxPayload) {}

    Identity identity();

    LimitOptions limits();

    /** What a nats-server configuration says; null without one. */
    @Nullable ServerOptions options();

    Accounts accounts();

    boolean loginRequired();

    boolean tlsRequired();

    boolean jetStream();

    /** JetStream's own report; asked only when {@link #jetStream}. */
    ObjectNode jetStreamReport(JsonNode options);

    List<ConnectionFacts> open();

    /** The newest that have ended, oldest first. */
    List<ConnectionFacts> closed();

    @Nullable ConnectionFacts connection(long id);

    /** Those that are open and those that were. */
    Traffic.Sums traffic(@Nullable Account account);

    int connections();

    long totalConnections();

    long staleConnections();

    /** Reads the configuration again; null when it holds from now on, else why it does not. */
    @Nullable String reload();

    /** False when there is no such connection. */
    boolean kick(long id);

    /** Tells one client to go elsewhere; false when there is no such connection. */
    boolean lameDuck(long id);
}
