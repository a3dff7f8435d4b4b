/**
 * The process: reads the command line and the configuration, builds the shared objects once, hands
 * each protocol its parameters, starts everything, and ends everything with one broadcast. The only
 * place that knows all protocols. Start and stop run on the main and the shutdown thread.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.server;
