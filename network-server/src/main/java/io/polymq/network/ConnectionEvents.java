package io.polymq.network;

/** Hears of logins and of their ends. Called on the connection's loop; must not block. */
public interface ConnectionEvents {

    /** Whether a tenant that has so many connections may have one more. */
    boolean mayAdd(String tenant, int have);

    /** A client is known from now on, or known by other names. */
    void loggedIn(Connection connection, Login login);

    /** A client that was logged in is gone. */
    void closed(Connection connection, Login login, CloseReason reason);

    /** Nobody listens, and everyone may come. */
    ConnectionEvents NONE =
            new ConnectionEvents() {
                @Override
                public boolean mayAdd(String tenant, int have) {
                    return true;
                }

                @Override
                public void loggedIn(Connection connection, Login login) {
                    // nobody listens
                }

                @Override
                public void closed(Connection connection, Login login, CloseReason reason) {
                    // nobody listens
                }
            };
}
