/**
 * The shard zone: single threads that own queues, cursors and timers, and the mailboxes that lead
 * to them. No protocol, no storage.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.zone;
