package io.polymq.kafka.fetch;

import io.polymq.codec.kafka.RecordSections;
import io.polymq.kafka.produce.PartitionProducers;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.storage.ReadResult;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/** One partition of a fetch: what is asked, and what was found so far. Connection zone. */
final class FetchedPartition {

    private static final long UNKNOWN = -1;

    final String name;
    final Uuid id;
    final FetchPartition asked;
    @Nullable KafkaTopic topic;
    @Nullable Shard shard;
    Errors error = Errors.NONE;
    long highWatermark = UNKNOWN;
    long startOffset = UNKNOWN;

    /** What may be read ends here: the high watermark, or where the oldest transaction begins. */
    long limit = UNKNOWN;

    List<AbortedTransaction> aborted = List.of();
    Shard.@Nullable Watch watch;
    volatile boolean fired;
    private @Nullable ReadResult read;

    FetchedPartition(String name, Uuid id, FetchPartition asked) {
        this.name = name;
        this.id = id;
        this.asked = asked;
    }

    int bytes() {
        return read == null ? 0 : read.bytes();
    }

    void refuse(Errors why) {
        release();
        error = why;
    }

    void found(ReadResult result) {
        release();
        if (!result.slices().isEmpty()) {
            read = result;
        }
        highWatermark = result.highWatermark();
        startOffset = result.startOffset();
    }

    /** Lets go of what was read. */
    void release() {
        ReadResult held = read;
        read = null;
        if (held != null) {
            held.close();
        }
    }

    void unwatch() {
        Shard.Watch open = watch;
        watch = null;
        if (open != null) {
            open.close();
        }
    }

    /** Hands over what was read; it is released with the response from here on. */
    PartitionData toResponse(boolean committedOnly) {
        PartitionData data =
                new PartitionData()
                        .setPartitionIndex(asked.partition())
                        .setErrorCode(error.code())
                        .setHighWatermark(highWatermark)
                        .setLastStableOffset(stableOffset())
                        .setLogStartOffset(startOffset)
                        // As in Kafka: no list for who did not ask, an empty one when nothing is
                        // there.
                        .setAbortedTransactions(committedOnly || shard == null ? aborted : null)
                        .setRecords(MemoryRecords.EMPTY);
        ReadResult held = read;
        if (held != null && !held.slices().isEmpty()) {
            data.setRecords(sections(held));
        }
        return data;
    }

    private long stableOffset() {
        KafkaTopic of = topic;
        if (of == null || highWatermark == UNKNOWN) {
            return UNKNOWN;
        }
        PartitionProducers producers = of.producers().partition(asked.partition());
        return Math.min(highWatermark, producers.stableOffset());
    }

    private static RecordSections sections(ReadResult held) {
        RecordSections sections = new RecordSections();
        for (Slice slice : held.slices()) {
            sections.add(
                    switch (slice) {
                        case Slice.Memory(var buffer) -> new RecordSections.Section.Memory(buffer);
                        case Slice.Region(var file, var position, var bytes, var release) ->
                                new RecordSections.Section.Region(file, position, bytes, release);
                    });
        }
        return sections;
    }
}
