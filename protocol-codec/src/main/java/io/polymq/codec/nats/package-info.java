/**
 * The NATS client protocol as bytes: a parser that calls back with slices of the read buffer and a
 * writer that encodes into one. No I/O, no threads, nothing allocated per message. JSON of CONNECT
 * and INFO is passed as bytes.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.codec.nats;
