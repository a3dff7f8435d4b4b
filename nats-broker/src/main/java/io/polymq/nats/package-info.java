/**
 * NATS core on the shared router: connections, subscriptions, permissions, requests without
 * responders.
 *
 * <p>Connection zone, except where a type says otherwise. Parsing is the codec's, routing the
 * core's.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.nats;
