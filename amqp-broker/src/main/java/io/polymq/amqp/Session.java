package io.polymq.amqp;

import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.security.Principal;

/**
 * Who is logged in on a connection, and what was agreed on. Immutable.
 *
 * @param user the name that the client gave
 * @param heartbeat seconds, 0 for none
 */
record Session(
        VirtualHost host,
        Principal principal,
        String user,
        AccessRights rights,
        ClientAbilities client,
        int frameMax,
        int channelMax,
        int heartbeat) {}
