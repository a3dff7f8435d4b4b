package io.polymq.amqp.management;

import io.polymq.amqp.model.EnvelopeCodec;
import io.polymq.amqp.model.Permissions;
import io.polymq.amqp.model.VirtualHosts;
import io.polymq.core.security.Security;
import io.polymq.core.security.users.Passwords;
import io.polymq.core.security.users.UserStore;
import io.polymq.network.BoundAddress;
import io.polymq.network.ConnectionManager;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All that management is given.
 *
 * @param node the name under which the broker is listed
 * @param version of RabbitMQ, as clients see it
 * @param alarm why publishers are blocked; gives null while they are not
 * @param listeners where the broker can be reached, once it can
 */
public record ManagementParams(
        String node,
        String version,
        VirtualHosts hosts,
        EnvelopeCodec codec,
        ConnectionManager connections,
        ClientList clients,
        Security security,
        UserStore users,
        Permissions permissions,
        Passwords passwords,
        InstantSource clock,
        Supplier<@Nullable String> alarm,
        Supplier<List<BoundAddress>> listeners) {}
