/**
 * Messages of AMQP 1.0: sections to what the broker keeps and back, and to and from the messages of
 * other protocols. A bare message is kept byte for byte. No I/O, no threads, no links: who receives
 * what is not decided here.
 */
@NullMarked
package io.polymq.amqp.v1.message;

import org.jspecify.annotations.NullMarked;
