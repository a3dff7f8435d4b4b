package io.polymq.kafka;

import io.polymq.codec.kafka.ServedApis.Feature;
import java.util.List;

/** The features that clients are told, on which they choose between old and new ways. */
final class Features {

    /** The level of Kafka 4.4, whose messages are spoken. */
    static final short METADATA_VERSION = 33;

    private static final int OLDEST_METADATA_VERSION = 7;

    private Features() {}

    static List<Feature> served() {
        return List.of(
                new Feature(
                        "metadata.version",
                        OLDEST_METADATA_VERSION,
                        METADATA_VERSION,
                        METADATA_VERSION),
                new Feature("group.version", 0, 1, 1),
                new Feature("transaction.version", 0, 2, 2),
                new Feature("streams.version", 0, 1, 1),
                new Feature("share.version", 0, 2, 2));
    }
}
