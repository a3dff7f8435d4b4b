package io.polymq.core.router;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/**
 * One subscription. Shared; the sink is let go when it is closed, so that cached match results hold
 * no dead connections.
 */
final class Member extends SubjectTrie.Entry implements Router.Subscription {

    private final SubscriptionSpace space;
    private final boolean noLocal;
    private volatile @Nullable Sink sink;

    /** Where the group stands in the trie, for a member of one. Written under the space's lock. */
    @Nullable GroupEntry groupEntry;

    Member(SubscriptionSpace space, boolean noLocal, Sink sink) {
        this.space = space;
        this.noLocal = noLocal;
        this.sink = sink;
    }

    boolean isOpen() {
        return sink != null;
    }

    boolean isWanted(RouteCache cache, Subject subject) {
        Sink to = sink;
        return to != null && to.isWanted(cache, subject);
    }

    /** False also when the sink is gone or broken: a group then goes on to its next member. */
    boolean offer(Message message) {
        Sink to = sink;
        if (to == null
                || (noLocal && message.publisher() != 0 && message.publisher() == to.owner())) {
            return false;
        }
        try {
            boolean taken = to.deliver(message);
            if (taken && space.tracer().isOn()) {
                space.taken(this, to, message);
            }
            return taken;
        } catch (RuntimeException broken) {
            space.broken(this, broken);
            return false;
        }
    }

    int inFlight() {
        Sink to = sink;
        return to == null ? Integer.MAX_VALUE : to.inFlight();
    }

    @Override
    public Filter filter() {
        GroupEntry shared = groupEntry;
        return shared == null ? filterInTrie() : shared.filter();
    }

    @Override
    public Router.@Nullable Group group() {
        GroupEntry shared = groupEntry;
        return shared == null ? null : shared.group().spec();
    }

    @Override
    public Sink sink() {
        Sink now = sink;
        return now == null ? CLOSED : now;
    }

    @Override
    public void close() {
        if (sink != null) {
            space.unsubscribe(this);
        }
    }

    void letGo() {
        sink = null;
    }

    private static final Sink CLOSED = message -> false;
}
