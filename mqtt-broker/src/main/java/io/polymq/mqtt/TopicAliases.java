package io.polymq.mqtt;

import io.polymq.core.subject.Subject;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The topic aliases of one connection, each direction its own (3.3.2.3.4). Connection zone. */
final class TopicAliases {

    private static final @Nullable Subject[] NONE = new Subject[0];

    /** Before CONNECT there are none. */
    static final TopicAliases NO_ALIASES = new TopicAliases(0, 0);

    private final int incomingMaximum;
    private final int outgoingMaximum;
    private @Nullable Subject[] incoming = NONE;
    private Map<Subject, Integer> outgoing = Map.of();

    TopicAliases(int incomingMaximum, int outgoingMaximum) {
        this.incomingMaximum = incomingMaximum;
        this.outgoingMaximum = outgoingMaximum;
    }

    boolean isAllowed(int alias) {
        return alias > 0 && alias <= incomingMaximum;
    }

    /** Null when it was not made known. */
    @Nullable Subject get(int alias) {
        return alias < incoming.length ? incoming[alias] : null;
    }

    void set(int alias, Subject subject) {
        if (alias >= incoming.length) {
            int room = Math.min(incomingMaximum, Math.max(alias, 2 * incoming.length));
            incoming = Arrays.copyOf(incoming, room + 1);
        }
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
        if (alias == 1) {
            outgoing = new HashMap<>();
        }
        outgoing.put(subject, alias);
        return -alias;
    }

    /** The packet that was to make it known was not sent. */
    void forget(Subject subject) {
        if (!outgoing.isEmpty()) {
            outgoing.remove(subject);
        }
    }
}
