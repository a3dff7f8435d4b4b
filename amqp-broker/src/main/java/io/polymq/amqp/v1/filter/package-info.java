/**
 * Filters of a source: JMS selectors, property filters, where in a stream to begin. They say
 * whether a receiver wants a message; who delivers it is not decided here. What is made is
 * immutable, any thread; parsers are of one use.
 */
@NullMarked
package io.polymq.amqp.v1.filter;

import org.jspecify.annotations.NullMarked;
