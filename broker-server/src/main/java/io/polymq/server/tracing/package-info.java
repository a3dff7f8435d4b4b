/**
 * Spans of messages, written with OpenTelemetry's SDK and sent to a collector. Which messages pass
 * where is told by the core. Any thread.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.server.tracing;
