/**
 * Figures of mq9, asked over NATS connections as clients ask. Zone: threads of its own. Not here:
 * the broker.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.benchmarks.mq9;
