/**
 * AMQP 1.0's frames: performatives as records, SASL, delivery states and termini, and the few that
 * come with every message read and written without objects. Bytes in, values out: no I/O, no
 * threads: records are immutable, readers and writers belong to one connection; messages are opaque
 * here.
 */
@NullMarked
package io.polymq.amqp.v1.frame;

import org.jspecify.annotations.NullMarked;
