/**
 * What the network benchmarks need from inside the network server's own package. Not part of the
 * product.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.network;
