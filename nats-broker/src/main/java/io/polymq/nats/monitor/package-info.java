/**
 * What nats-server's monitoring says of itself: the reports, the HTTP port that serves them, and
 * the requests and events of the system account. Reports are made from snapshots on threads of
 * their own; connection loops only hand over facts.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.monitor;
