package io.polymq.amqp.v1;

/** A delivery that its receiver has not settled: whose it is, and its place in the queue. */
record Held(OutgoingLink link, long offset) {}
