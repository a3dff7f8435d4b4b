package io.polymq.nats;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Coverage;
import io.polymq.core.security.Security.Resource;
import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rights by the broker's rules. Answers to publishes are remembered until a rule changes, so that a
 * steady publisher asks nobody. Connection zone.
 */
final class RuleRights implements SubjectRights {

    private static final int REMEMBERED = 512;

    private final Security security;
    private final Principal principal;
    private final Credentials.Peer peer;
    private final Map<Subject, Boolean> known = new HashMap<>();
    private Subject last = Subject.EMPTY;
    private boolean lastAllowed;
    private long generation;

    RuleRights(Security security, Principal principal, Credentials.Peer peer) {
        this.security = security;
        this.principal = principal;
        this.peer = peer;
        this.generation = security.generation();
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the loop's cache gives the same instance again
    public boolean mayPublish(Subject subject) {
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

    /** A filter with denied holes is refused: holes are not known here one by one. */
    @Override
    public boolean maySubscribe(Filter filter, @Nullable String queue) {
        return security.coverage(principal, peer, filter, queue == null ? "" : queue)
                == Coverage.ALL;
    }

    @Override
    public SubjectService.Rights lasting() {
        return SubjectService.Rights.byRules(security, principal, peer);
    }

    @Override
    public void forget() {
        long now = security.generation();
        if (now != generation) {
            generation = now;
            known.clear();
            last = Subject.EMPTY;
        }
    }
}
