/** JetStream as clients see it: requests, configurations, errors. No state; any thread. */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.jetstream.api;
