/**
 * Share groups (KIP-932): competing consumers on partitions, each record acknowledged by itself, on
 * the core's queue engine. Handlers and fetches are connection zone, a share-partition is shard
 * zone, sessions and states are shared. Membership is in {@code group}.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.share;
