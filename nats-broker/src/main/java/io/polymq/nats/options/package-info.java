/**
 * nats-server's configuration files and what they say: a parser of their language, and records of
 * the options that are understood. Used at the start only; immutable. What is not understood is
 * refused with its place.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.options;
