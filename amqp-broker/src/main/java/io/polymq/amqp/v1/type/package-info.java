/**
 * AMQP 1.0's type system: values to bytes and back, every size bounded by what is there and every
 * nesting by a limit. No I/O, no threads; performatives are not read here, sections are.
 */
@NullMarked
package io.polymq.amqp.v1.type;

import org.jspecify.annotations.NullMarked;
