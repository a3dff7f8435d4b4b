/**
 * The broker without a network: a client in the same process, for embedding and for unit tests. Its
 * calls may come from any thread, and those that wait say so; nothing here runs on a loop.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.local;
