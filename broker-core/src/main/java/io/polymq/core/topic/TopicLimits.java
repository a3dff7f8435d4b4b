package io.polymq.core.topic;

/**
 * What topics may take.
 *
 * @param topicsPerTenant how many a tenant may have
 * @param partitionsPerTenant how many partitions all topics of a tenant may have together
 * @param partitionsPerTopic the most partitions of one topic
 * @param waitingBytes messages that may wait for their turn at one partition
 */
public record TopicLimits(
        int topicsPerTenant, int partitionsPerTenant, int partitionsPerTopic, long waitingBytes) {

    public static final TopicLimits DEFAULT =
            new TopicLimits(100_000, 1_000_000, 10_000, 64L << 20);

    public TopicLimits {
        if (topicsPerTenant < 1
                || partitionsPerTenant < 1
                || partitionsPerTopic < 1
                || waitingBytes < 1) {
            throw new IllegalArgumentException("limits are at least 1");
        }
    }
}
