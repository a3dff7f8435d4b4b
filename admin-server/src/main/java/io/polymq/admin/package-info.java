/**
 * The admin port: health, metrics and administration over HTTP. Requests run on virtual threads,
 * never on an event loop. What the broker does is not known here; it is given in as parameters.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.admin;
