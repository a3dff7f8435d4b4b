/**
 * What clients ask of the broker itself: versions, the cluster's members and features, quorum, log
 * directories, and its settings. Connection zone; settings are shared.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.kafka.cluster;
