package io.polymq.admin.api;

import java.util.Collection;

/** The connections of all protocols, as the interface needs them. Any thread. */
public interface Connections {

    /** As they are now, in the order of their numbers. */
    Collection<Row> all();

    /** Ends one in its protocol's own words; false when there is none. */
    boolean kick(long id, String why);

    /**
     * One of them.
     *
     * @param user empty until it has logged in, like the two after it
     */
    record Row(
            long id,
            String protocol,
            String transport,
            String listener,
            String remote,
            String local,
            String user,
            String tenant,
            String clientId,
            String certificate) {

        String text() {
            return String.join(" ", protocol, transport, remote, user, tenant, clientId);
        }
    }
}
