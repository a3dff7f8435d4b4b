/**
 * Reads other brokers' configuration files into ours, and says what has no counterpart. No I/O
 * beyond the files that it is pointed at, no state.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.mqtt.migration;
