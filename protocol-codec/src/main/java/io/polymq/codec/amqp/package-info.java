/**
 * AMQP 0-9-1 in RabbitMQ's dialect as bytes: frames, methods, field tables, content headers.
 * Decoders step over what is not all there and bound every length; message properties stay bytes
 * until someone looks. No I/O, no threads.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.codec.amqp;
