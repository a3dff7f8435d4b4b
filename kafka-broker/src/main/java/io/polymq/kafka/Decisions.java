package io.polymq.kafka;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What one client may read and write, as it was asked before; forgotten whenever rules or users
 * change. Any thread.
 */
final class Decisions {

    private static final int MOST_NAMES = 4_096;

    private record Known(long generation, Map<String, Boolean> read, Map<String, Boolean> write) {
        static Known none(long generation) {
            return new Known(generation, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
        }
    }

    private final Security security;
    private volatile Known known;

    Decisions(Security security) {
        this.security = security;
        this.known = Known.none(security.generation());
    }

    boolean mayRead(Principal principal, Credentials.Peer peer, String topic) {
        return decide(current().read, Action.READ, principal, peer, topic);
    }

    boolean mayWrite(Principal principal, Credentials.Peer peer, String topic) {
        return decide(current().write, Action.WRITE, principal, peer, topic);
    }

    /** An answer that is worked out while rules change lands in what is forgotten next. */
    private Known current() {
        Known now = known;
        long generation = security.generation();
        if (now.generation != generation) {
            now = Known.none(generation);
            known = now;
        }
        return now;
    }

    private boolean decide(
            Map<String, Boolean> answers,
            Action action,
            Principal principal,
            Credentials.Peer peer,
            String topic) {
        Boolean answer = answers.get(topic);
        if (answer == null) {
            answer =
                    security.allows(
                            principal, peer, action, new Resource(Resource.Kind.TOPIC, topic));
            if (answers.size() >= MOST_NAMES) {
                answers.clear();
            }
            answers.put(topic, answer);
        }
        return answer;
    }
}
