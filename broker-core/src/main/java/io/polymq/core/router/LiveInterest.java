package io.polymq.core.router;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/** The last match result of one subject, renewed when it is asked for and stale. Any thread. */
final class LiveInterest implements Router.Interest {

    private final SubscriptionSpace space;
    private final Subject subject;
    private final Capture beside;
    private volatile @Nullable Route last;

    LiveInterest(SubscriptionSpace space, Subject subject, Capture beside) {
        this.space = space;
        this.subject = subject;
        this.beside = beside;
    }

    @Override
    public boolean exists() {
        return route().hasInterestBeside(beside);
    }

    @Override
    public int publish(Message message) {
        return route().deliverBeside(beside, message);
    }

    private Route route() {
        Route known = last;
        if (known == null || !known.isCurrent()) {
            known = space.match(subject, new Matches<>());
            last = known;
        }
        return known;
    }
}
