package io.polymq.kafka.txn;

import java.util.UUID;

/** What a transaction has reached, and what gets a marker when it ends. */
sealed interface Participant {

    /** A partition of a topic. */
    record Partition(UUID topic, int number) implements Participant {}

    /** A partition of the group coordinator's, for offsets that are committed with it. */
    record Offsets(int partition) implements Participant {}
}
