/**
 * What is routed and stored: borrowed and kept messages, neutral properties, their translation.
 * Connection zone, kept messages are shared.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.message;
