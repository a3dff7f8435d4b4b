/**
 * Peers of the MQTT broker that run on Java, started for comparison; benchmarks/mqtt/compare runs
 * them.
 */
@NullMarked
package io.polymq.benchmarks.mqtt;

import org.jspecify.annotations.NullMarked;
