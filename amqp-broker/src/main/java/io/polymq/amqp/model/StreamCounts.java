package io.polymq.amqp.model;

import io.polymq.core.queue.QueueStatistics;
import io.polymq.core.topic.Topic;
import io.polymq.storage.Shard;

/** What there is to say of a stream in the words of queues. */
final class StreamCounts {

    private StreamCounts() {}

    static QueueStatistics of(Topic topic, int consumers) {
        long records = 0;
        for (int partition = 0; partition < topic.spec().partitions(); partition++) {
            Shard shard = topic.partition(partition);
            records += shard.highWatermark() - shard.startOffset();
        }
        return new QueueStatistics(records, 0, 0, consumers, 0, 0, 0, 0, 0, 0);
    }
}
