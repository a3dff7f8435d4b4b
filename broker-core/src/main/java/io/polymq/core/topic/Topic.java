package io.polymq.core.topic;

import io.polymq.core.message.Message;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;

import java.nio.ByteBuffer;
import java.util.UUID;

/** A durable, partitioned log with a name. Any thread. */
public interface Topic {

    /** Stable for the topic's life; a new one when a name is created again. */
    UUID id();

    String tenant();

    TopicSpec spec();

    default String name() {
        return spec().name();
    }

    Shard partition(int number);

    /**
     * Appends ready v2 batches to a partition (Kafka's way in). Live subscribers of the topic's
     * subjects see the records once they are appended, in order; when there are none the batches
     * are not even looked at.
     */
    void append(int partition, ByteBuffer batches, Durability durability, AppendListener listener);

    /**
     * Appends one message as a record: key = the subject when the topic captures by wildcard. The
     * partition is chosen by the key's hash (Kafka's default), else in turn.
     */
    void append(Message message, AppendListener listener);
}
