/**
 * The network server against bare Netty handlers on the same transports: echo and fan-out, run by
 * {@link io.polymq.benchmarks.network.NetworkComparison}.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.benchmarks.network;
