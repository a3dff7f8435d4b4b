/**
 * Posts the broker's events to an HTTP server. Zone: events are heard in a shard zone and posted by
 * one virtual thread. What events there are is said by the service package.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.webhook;
