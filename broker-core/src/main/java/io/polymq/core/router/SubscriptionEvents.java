package io.polymq.core.router;

import io.polymq.core.subject.Filter;

/** Is asked before subscriptions of clients, and hears of them. Any thread; must not block. */
public interface SubscriptionEvents {

    /** Whether a tenant that has so many may have one more. */
    boolean mayAdd(String tenant, long have);

    /**
     * @param owner the connection, 0 where there is none
     */
    void subscribed(String tenant, Filter filter, long owner);

    void unsubscribed(String tenant, Filter filter, long owner);

    /** Nobody listens, and everyone may. */
    SubscriptionEvents NONE =
            new SubscriptionEvents() {
                @Override
                public boolean mayAdd(String tenant, long have) {
                    return true;
                }

                @Override
                public void subscribed(String tenant, Filter filter, long owner) {
                    // nobody listens
                }

                @Override
                public void unsubscribed(String tenant, Filter filter, long owner) {
                    // nobody listens
                }
            };
}
