package io.polymq.kafka;

import io.polymq.core.topic.TopicException;
import io.polymq.storage.StorageException;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.protocol.Errors;

/** What the broker's failures are called in Kafka's words: the only place that says so. */
public final class KafkaErrors {

    private KafkaErrors() {}

    public static Errors of(Throwable failure) {
        return switch (failure) {
            case CompletionException wrapped when wrapped.getCause() != null ->
                    of(wrapped.getCause());
            case StorageException storage -> of(storage.kind());
            case TopicException topic -> of(topic.kind());
            default -> Errors.forException(failure);
        };
    }

    public static Errors of(StorageException.Kind kind) {
        return switch (kind) {
            case SHARD_EXISTS -> Errors.TOPIC_ALREADY_EXISTS;
            case NO_SUCH_SHARD -> Errors.UNKNOWN_TOPIC_OR_PARTITION;
            case OFFSET_OUT_OF_RANGE -> Errors.OFFSET_OUT_OF_RANGE;
            case CORRUPT_BATCH -> Errors.CORRUPT_MESSAGE;
            case TOO_LARGE -> Errors.MESSAGE_TOO_LARGE;
            // Retriable for clients, which is what a full or recovering device asks of them.
            case FULL, UNAVAILABLE, CLOSED, IO -> Errors.KAFKA_STORAGE_ERROR;
            // Final for the records, not for the producer: nothing is gained by trying them again
            // at
            // once, and an idempotent or transactional one goes on after it.
            case QUOTA -> Errors.POLICY_VIOLATION;
            case OVERLOADED -> Errors.REQUEST_TIMED_OUT;
            case CORRUPT_STORE -> Errors.UNKNOWN_SERVER_ERROR;
        };
    }

    public static Errors of(TopicException.Kind kind) {
        return switch (kind) {
            case EXISTS -> Errors.TOPIC_ALREADY_EXISTS;
            case NO_SUCH_TOPIC -> Errors.UNKNOWN_TOPIC_OR_PARTITION;
            case INVALID_NAME -> Errors.INVALID_TOPIC_EXCEPTION;
            case INVALID_PARTITIONS -> Errors.INVALID_PARTITIONS;
            case INVALID_SETTING, OVERLAPPING_CAPTURE -> Errors.INVALID_CONFIG;
            case QUOTA_EXCEEDED -> Errors.POLICY_VIOLATION;
            case STORAGE -> Errors.KAFKA_STORAGE_ERROR;
        };
    }
}
