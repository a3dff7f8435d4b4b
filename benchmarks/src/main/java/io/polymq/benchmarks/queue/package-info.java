/** Measures queues, delayed messages and the shard zone. */
@org.jspecify.annotations.NullMarked
package io.polymq.benchmarks.queue;
