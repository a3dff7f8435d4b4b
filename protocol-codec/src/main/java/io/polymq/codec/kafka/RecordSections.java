package io.polymq.codec.kafka;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.network.TransferableChannel;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * The records of a response, where they are: runs of whole batches in memory or in files. A {@link
 * ResponseTarget} gets them section by section, so that nothing is copied to put them together.
 */
public final class RecordSections implements BaseRecords {

    /** One run of bytes. */
    public sealed interface Section {
        int bytes();

        /** In memory; not changed any more. */
        record Memory(ByteBuffer buffer) implements Section {
            @Override
            public int bytes() {
                return buffer.remaining();
            }
        }

        /** In a file that stays readable until {@code release} ran. */
        record Region(FileChannel file, long position, int bytes, Runnable release)
                implements Section {}
    }

    private final List<Section> sections = new ArrayList<>(2);
    private int bytes;

    public RecordSections add(Section section) {
        sections.add(section);
        bytes += section.bytes();
        return this;
    }

    public List<Section> sections() {
        return sections;
    }

    @Override
    public int sizeInBytes() {
        return bytes;
    }

    /** For Kafka's own network layer, which writes to its channels. */
    @Override
    public RecordsSend<RecordSections> toSend() {
        return new Send(this);
    }

    private static final class Send extends RecordsSend<RecordSections> {

        Send(RecordSections records) {
            super(records, records.sizeInBytes());
        }

        @Override
        public int writeTo(TransferableChannel channel, int previouslyWritten, int remaining)
                throws IOException {
            int skip = previouslyWritten;
            for (Section section : records().sections()) {
                if (skip < section.bytes()) {
                    return switch (section) {
                        case Section.Memory(ByteBuffer buffer) ->
                                channel.write(
                                        buffer.slice(
                                                buffer.position() + skip,
                                                buffer.remaining() - skip));
                        case Section.Region(FileChannel file, long position, int size, _) ->
                                (int) channel.transferFrom(file, position + skip, size - skip);
                    };
                }
                skip -= section.bytes();
            }
            return 0;
        }
    }
}
