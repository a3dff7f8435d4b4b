package io.polymq.nats;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource;
import io.polymq.core.subject.Subject;
import java.util.HashMap;
import java.util.Map;

/**
 * What one client may publish and subscribe to. Answers to publishes are remembered for a moment,
 * so that a steady publisher asks nobody; changed rules hold from the next {@link #forget} on.
 * Connection zone.
 */
final class SubjectRights {

    private static final int REMEMBERED = 512;

    private final Security security;
    private final Principal principal;
    private final Credentials.Peer peer;
    private final Map<Subject, Boolean> known = new HashMap<>();
    private Subject last = Subject.EMPTY;
    private boolean lastAllowed;

    SubjectRights(Security security, Principal principal, Credentials.Peer peer) {
        this.security = security;
        this.principal = principal;
        this.peer = peer;
    }

    Principal principal() {
        return principal;
    }

    Credentials.Peer peer() {
        return peer;
    }

    boolean mayPublish(Subject subject) {
        if (subject == last) {
            return lastAllowed;
        }
        Boolean answer = known.get(subject);
        if (answer == null) {
            if (known.size() >= REMEMBERED) {
                known.clear();
            }
            answer =
                    security.allows(
                            principal,
                            peer,
                            Action.WRITE,
                            new Resource(Resource.Kind.SUBJECT, subject.toString()));
            known.put(subject, answer);
        }
        last = subject;
        lastAllowed = answer;
        return answer;
    }

    boolean maySubscribe(String filter) {
        return security.allows(
                principal, peer, Action.READ, new Resource(Resource.Kind.SUBJECT, filter));
    }

    /** Asks anew from now on. */
    void forget() {
        known.clear();
        last = Subject.EMPTY;
    }
}
