package io.polymq.mq9;

import org.jspecify.annotations.Nullable;

/**
 * A mail that a group was handed and that is not acknowledged.
 *
 * @param lease until when it is kept from others; null: until the next fetch
 * @param owner the push subscription that got it
 */
record Held(GroupLevel level, @Nullable Lease lease, @Nullable PushSubscription owner) {}
