package io.polymq.core.topic;

import io.polymq.core.message.Message;
import io.polymq.core.router.Capture;
import io.polymq.core.service.Allowance;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

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
     * What of ready batches may not be published here, for those who answer for each record; null
     * for nothing. A look at memory as long as nothing is asked of messages.
     */
    default @Nullable RefusedRecord refused(ByteBuffer batches) {
        return null;
    }

    /**
     * @param index its place among the batches' records
     */
    record RefusedRecord(int index, String why) {}

    /**
     * Appends one message as a record, without any fan-out: key = the subject when the topic
     * captures by wildcard. The partition is chosen as the specification says. The message is
     * borrowed for the call.
     */
    void append(Message message, AppendListener listener);

    /**
     * What a publisher hears of an append who did not name the topic, but whose message was routed
     * to it: when it was deleted on the way, success, as if it was not there. Null for success.
     */
    default @Nullable StorageException ofRouted(@Nullable StorageException failure) {
        return failure;
    }

    /**
     * Has every message that comes as a message (not as ready batches) asked for admission before
     * it is appended, in the order of the partition. One guard per topic: that of the protocol
     * whose rules the topic follows; null takes it away.
     */
    void guard(@Nullable Guard guard);

    /** Admits messages to a topic. Called in the order of appends, one call at a time. */
    interface Guard {

        /**
         * @param nextOffset the offset that the message would get
         * @return null to let it pass, else why it is refused: the publisher's receipt gets it
         */
        @Nullable RuntimeException admit(Message message, int partition, long nextOffset);
    }

    /**
     * Hands everything that comes to the topic to a protocol whose rules may change, hold back or
     * leave out what is kept, before anything is appended; null ends it. What the intake keeps it
     * appends by {@link #admit}, or to the partition's shard when live subscribers have it already.
     */
    void intake(@Nullable Intake intake);

    /** Appends batches past the intake, with the fan-out to live subscribers. */
    void admit(int partition, ByteBuffer batches, Durability durability, AppendListener listener);

    /**
     * Says that a receiver was given so many bytes of batches, from an offset on, past everything
     * that sees single messages. Nothing happens unless messages are traced.
     *
     * @param connection the receiver's
     */
    default void handedOut(int partition, long from, int bytes, long connection) {}

    /**
     * Whether its tenant may store more. What is appended beyond that is refused ({@link
     * StorageException.Kind#QUOTA}); an intake is to see to it for messages.
     */
    default Allowance allowance() {
        return Allowance.unlimited();
    }

    /** Bytes of its partitions. May read the store's index. */
    default long storedBytes() {
        return 0;
    }

    /** The same of the records between two offsets, both included. */
    default void handedOutRecords(int partition, long first, long last, long connection) {}

    /** Stands in front of a topic. Any thread; must not block. */
    interface Intake {

        /**
         * A message that the topic captures; borrowed for the call. Whoever waits for it says so by
         * the listener, or by its receipt.
         *
         * @param live the live subscribers, to be delivered to by the intake; null for none
         * @return how many took it, the topic included
         */
        int take(Message message, @Nullable AppendListener listener, Capture.@Nullable Fanout live);

        /** Ready batches. */
        void take(
                int partition, ByteBuffer batches, Durability durability, AppendListener listener);

        /** Another one stands here from now on; null for none. Before anything reaches that. */
        default void replacedBy(@Nullable Intake next) {}
    }
}
