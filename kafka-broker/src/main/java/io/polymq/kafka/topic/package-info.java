/**
 * Topics as Kafka sees them: names and ids, partitions, configurations, and the requests that list
 * and change them. Views of the core's topics; nothing is stored here.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.topic;
