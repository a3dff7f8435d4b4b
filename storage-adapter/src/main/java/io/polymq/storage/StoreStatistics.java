package io.polymq.storage;

/**
 * A driver's totals.
 *
 * @param shards how many exist
 * @param diskBytes bytes on the device
 * @param liveBytes of these, bytes that are still wanted
 * @param segments files or their like
 */
public record StoreStatistics(long shards, long diskBytes, long liveBytes, long segments) {}
