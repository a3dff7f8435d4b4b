/**
 * The command line: what people and scripts ask of a running broker, over its admin port and in the
 * protocols themselves. Every command is one class or one small group; they share the way in
 * ({@link io.polymq.cli.AdminTarget}), the way out ({@link io.polymq.cli.Printer}) and the exit
 * codes ({@link io.polymq.cli.ExitStatus}). Zone: the caller's thread; it may block. Nothing here
 * is loaded by a broker.
 */
@NullMarked
package io.polymq.cli;

import org.jspecify.annotations.NullMarked;
