/**
 * One engine for competing consumers with per-message acknowledgement. Shard zone; everything that
 * others call only enqueues.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.queue;
