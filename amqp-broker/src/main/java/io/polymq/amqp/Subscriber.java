package io.polymq.amqp;

import io.polymq.core.service.BrokerEvent;
import io.polymq.network.Connection;
import io.polymq.network.Login;

/** A connection as the broker's events name it. Stateless. */
public final class Subscriber {

    private Subscriber() {}

    /** Once it has logged in. */
    public static BrokerEvent.Client of(Connection connection) {
        Login login = connection.login();
        String remote = String.valueOf(connection.remote());
        return login == null
                ? new BrokerEvent.Client(connection.protocol(), "", "", "", remote)
                : new BrokerEvent.Client(
                        connection.protocol(),
                        login.tenant(),
                        login.clientId(),
                        login.user(),
                        remote);
    }
}
