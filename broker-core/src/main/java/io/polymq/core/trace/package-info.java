/**
 * Where it is told that a message passes, for traces. Who writes traces down is not here. Any
 * thread.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.trace;
