package io.polymq.kafka.fetch;

import io.polymq.kafka.produce.AbortedTransactions.Aborted;
import io.polymq.kafka.produce.PartitionProducers;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;

/**
 * Makes of what was read what readers of committed records get: nothing from the first open
 * transaction on, and a list of the aborted ones that they leave out. Where blocking is allowed
 * when {@link #mustBlock}, else anywhere.
 */
final class CommittedRecords {

    /** As many may be listed though some of them lie behind what is returned. */
    private static final int FEW = 64;

    private static final int HEADER_READ = RecordBatches.LAST_OFFSET_DELTA + Integer.BYTES;

    private final PartitionProducers producers;
    private final long from;
    private final long limit;

    /**
     * @param from where the reader is
     * @param limit what is stable ends there
     */
    CommittedRecords(PartitionProducers producers, long from, long limit) {
        this.producers = producers;
        this.from = from;
        this.limit = limit;
    }

    /** The records that may be returned, and the aborted transactions among them. */
    record Committed(ReadResult records, List<AbortedTransaction> aborted) {}

    /** Whether files have to be looked into. */
    boolean mustBlock(ReadResult read) {
        boolean inFiles =
                read.slices().stream().anyMatch(slice -> !(slice instanceof Slice.Memory));
        return inFiles
                && (limit < read.highWatermark() || producers.aborted(from, limit).size() > FEW);
    }

    Committed of(ReadResult read) {
        try {
            ReadResult records = limit < read.highWatermark() ? cut(read) : read;
            List<Aborted> aborted = producers.aborted(from, limit);
            if (aborted.size() > FEW) {
                aborted = producers.aborted(from, end(records));
            }
            return new Committed(records, told(aborted));
        } catch (IOException e) {
            read.close();
            throw new StorageException(StorageException.Kind.IO, "reading batch headers", e);
        }
    }

    private static List<AbortedTransaction> told(List<Aborted> aborted) {
        List<AbortedTransaction> told = new ArrayList<>(aborted.size());
        for (Aborted each : aborted) {
            told.add(
                    new AbortedTransaction()
                            .setProducerId(each.producerId())
                            .setFirstOffset(each.first()));
        }
        return told;
    }

    private ReadResult cut(ReadResult read) throws IOException {
        List<Slice> kept = new ArrayList<>();
        int bytes = 0;
        boolean over = false;
        for (Slice slice : read.slices()) {
            int stable = over ? 0 : bytesBelow(slice, limit);
            over = over || stable < slice.bytes();
            if (stable == 0) {
                slice.close();
                continue;
            }
            bytes += stable;
            kept.add(
                    switch (slice) {
                        case Slice.Memory(ByteBuffer buffer) ->
                                new Slice.Memory(buffer.slice(buffer.position(), stable));
                        case Slice.Region(var file, var position, var _, var release) ->
                                new Slice.Region(file, position, stable, release);
                    });
        }
        return new ReadResult(kept, bytes, read.startOffset(), read.highWatermark());
    }

    private static int bytesBelow(Slice slice, long offset) throws IOException {
        int at = 0;
        ByteBuffer header = ByteBuffer.allocate(HEADER_READ);
        while (at < slice.bytes()) {
            header(slice, at, header);
            if (header.getLong(RecordBatches.BASE_OFFSET) >= offset) {
                break;
            }
            at += RecordBatches.size(header, 0);
        }
        return at;
    }

    /** The offset behind the last record. */
    private long end(ReadResult read) throws IOException {
        if (read.slices().isEmpty()) {
            return from;
        }
        Slice last = read.slices().getLast();
        ByteBuffer header = ByteBuffer.allocate(HEADER_READ);
        long end = from;
        for (int at = 0; at < last.bytes(); at += RecordBatches.size(header, 0)) {
            header(last, at, header);
            end = RecordBatches.nextOffset(header, 0);
        }
        return end;
    }

    private static void header(Slice slice, int at, ByteBuffer into) throws IOException {
        into.clear();
        switch (slice) {
            case Slice.Memory(ByteBuffer buffer) ->
                    into.put(buffer.slice(buffer.position() + at, HEADER_READ));
            case Slice.Region(FileChannel file, long position, int _, Runnable _) -> {
                while (into.hasRemaining()) {
                    if (file.read(into, position + at + into.position()) < 0) {
                        throw new IOException("the segment ends within a batch");
                    }
                }
            }
        }
        into.flip();
    }
}
