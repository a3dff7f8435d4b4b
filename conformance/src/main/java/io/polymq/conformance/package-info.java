/**
 * What every protocol must pass: a protocol's module extends {@link
 * io.polymq.conformance.ProtocolConformance}, gives its binding and a few bytes of its client's
 * side, and is tried on every transport, against every limit, with garbage, under shutdown.
 *
 * <p>Test code for others' tests; nothing of it is in the broker.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.conformance;
