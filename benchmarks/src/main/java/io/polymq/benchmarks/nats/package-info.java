/**
 * PolyMQ and a nats-server under the same load, in turn. Plain blocking sockets on threads of their
 * own; both servers are processes that somebody else has started.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.benchmarks.nats;
