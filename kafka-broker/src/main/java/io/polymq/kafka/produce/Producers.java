package io.polymq.kafka.produce;

import io.polymq.core.topic.Topic;
import java.util.Arrays;

/** The idempotent producers of a topic, partition by partition. Any thread. */
public final class Producers {

    private final ProducerSnapshots snapshots;
    private volatile PartitionProducers[] partitions;

    public Producers(Topic topic, ProducerSnapshots snapshots) {
        this.snapshots = snapshots;
        this.partitions = new PartitionProducers[0];
        grow(topic);
    }

    /** The topic may have more partitions than before. */
    public synchronized void grow(Topic topic) {
        int before = partitions.length;
        int now = topic.spec().partitions();
        if (now <= before) {
            return;
        }
        PartitionProducers[] grown = Arrays.copyOf(partitions, now);
        for (int number = before; number < now; number++) {
            grown[number] =
                    new PartitionProducers(topic.id(), number, topic.partition(number), snapshots);
        }
        partitions = grown;
    }

    public PartitionProducers partition(int number) {
        return partitions[number];
    }

    /** Keeps what is not kept yet, and drops who was idle for too long. */
    public void save() {
        for (PartitionProducers partition : partitions) {
            partition.save();
        }
    }

    /** The topic is gone. */
    public void close() {
        for (PartitionProducers partition : partitions) {
            partition.forget();
        }
    }
}
