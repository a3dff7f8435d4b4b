package io.polymq.kafka.share;

import io.polymq.core.queue.QueueSpec;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.coordinator.group.ShareGroupAutoOffsetResetStrategy;

/**
 * How a share group deals with records.
 *
 * @param lockMillis how long a member may hold a record
 * @param deliveries after how many a record is given up
 * @param locks how many records of a partition may be held at once
 * @param reset where it begins
 * @param renews whether a member may ask for more time
 * @param committedOnly whether records of open and aborted transactions are left out
 */
public record ShareSettings(
        int lockMillis,
        int deliveries,
        int locks,
        ShareGroupAutoOffsetResetStrategy reset,
        boolean renews,
        boolean committedOnly) {

    QueueSpec spec() {
        return QueueSpec.DURABLE
                .withLimits(
                        new QueueSpec.Limits(
                                QueueSpec.NONE,
                                QueueSpec.NONE,
                                QueueSpec.Overflow.DROP_HEAD,
                                locks))
                .withRedelivery(
                        new QueueSpec.Redelivery(
                                deliveries,
                                List.of(),
                                List.of(Duration.ofMillis(lockMillis)),
                                false));
    }
}
