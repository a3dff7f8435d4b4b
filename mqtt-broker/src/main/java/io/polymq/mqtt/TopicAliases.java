package io.polymq.mqtt;

import io.polymq.core.subject.Subject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The topic aliases of one connection, each direction its own (3.3.2.3.4). Connection zone. */
final class TopicAliases {

    private final @Nullable Subject[] incoming;
    private final int outgoingMaximum;
    private final Map<Subject, Integer> outgoing = new HashMap<>(0);

    TopicAliases(int incomingMaximum, int outgoingMaximum) {
        this.incoming = new @Nullable Subject[incomingMaximum + 1];
        this.outgoingMaximum = outgoingMaximum;
    }

    boolean isAllowed(int alias) {
        return alias > 0 && alias < incoming.length;
    }

    /** Null when it was not made known. */
    @Nullable Subject get(int alias) {
        return incoming[alias];
    }

    void set(int alias, Subject subject) {
        incoming[alias] = subject;
    }

    /** The alias to send: negative when it is new to the client, 0 when none is left. */
    int outgoing(Subject subject) {
        if (outgoingMaximum == 0) {
            return 0;
        }
        Integer known = outgoing.get(subject);
        if (known != null) {
            return known;
        }
        if (outgoing.size() == outgoingMaximum) {
            return 0;
        }
        int alias = outgoing.size() + 1;
        outgoing.put(subject, alias);
        return -alias;
    }

    /** The packet that was to make it known was not sent. */
    void forget(Subject subject) {
        outgoing.remove(subject);
    }
}
