package io.polymq.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads all of a lane's files without changing any, and says what is wrong with them. */
final class LaneScan {

    /** Hears of every right block, in order. */
    interface Visitor {
        void block(Segment segment, long position, long lsn, List<IndexEvent> events)
                throws IOException;
    }

    /**
     * Something wrong.
     *
     * @param torn whether recovery cuts it off by itself
     */
    record Damage(int lane, Path file, long position, String what, boolean torn) {}

    private final Disk disk;
    private final int lane;
    private final Path folder;
    private final Visitor visitor;
    private final List<Damage> found = new ArrayList<>();

    LaneScan(Disk disk, int lane, Path folder, Visitor visitor) {
        this.disk = disk;
        this.lane = lane;
        this.folder = folder;
        this.visitor = visitor;
    }

    List<Damage> run() throws IOException {
        NavigableMap<Long, Segment> segments = open();
        try {
            scan(segments);
        } finally {
            for (Segment segment : segments.values()) {
                segment.close();
            }
        }
        return found;
    }

    private void damaged(Path file, long position, String what, boolean torn) {
        found.add(new Damage(lane, file, position, what, torn));
    }

    private NavigableMap<Long, Segment> open() throws IOException {
        NavigableMap<Long, Segment> segments = new TreeMap<>();
        for (String name : disk.list(folder)) {
            if (!LaneFormat.isSegmentName(name)) {
                continue;
            }
            Path path = folder.resolve(name);
            long id = LaneFormat.segmentOf(name);
            Disk.File file = disk.open(path, false);
            if (file.size() < LaneFormat.SEGMENT_HEADER) {
                damaged(path, 0, "is shorter than a segment's header", false);
                file.close();
                continue;
            }
            ByteBuffer header = ByteBuffer.allocate(LaneFormat.SEGMENT_HEADER);
            file.readFully(header, 0);
            try {
                long firstLsn = LaneFormat.firstLsn(header, lane, id);
                segments.put(id, new Segment(lane, id, firstLsn, path, file));
            } catch (StorageException e) {
                damaged(path, 0, String.valueOf(e.getMessage()), false);
                file.close();
            }
        }
        return segments;
    }

    private void scan(NavigableMap<Long, Segment> segments) throws IOException {
        if (segments.isEmpty()) {
            damaged(folder, 0, "holds no segment", false);
            return;
        }
        SegmentList newest = null;
        for (Segment segment : segments.values()) {
            boolean last = segment == segments.lastEntry().getValue();
            SegmentList list = scan(segment, last);
            if (list != null) {
                newest = list;
            }
        }
        if (newest != null) {
            requireListed(segments, newest);
        }
    }

    private @Nullable SegmentList scan(Segment segment, boolean last) throws IOException {
        SegmentList list = null;
        LaneReplay replay = new LaneReplay(segment);
        long size = segment.file().size();
        long position = LaneFormat.SEGMENT_HEADER;
        long lsn = segment.firstLsn();
        ByteBuffer block;
        while ((block = LaneRecovery.block(segment, position, size)) != null
                && block.getLong(LaneFormat.BLOCK_LSN) == lsn) {
            List<IndexEvent> events;
            try {
                events = replay.events(block, position);
            } catch (StorageException e) {
                damaged(segment.path(), position, String.valueOf(e.getMessage()), false);
                return list;
            }
            for (IndexEvent event : events) {
                if (event instanceof IndexEvent.Listed(SegmentList here)) {
                    list = here;
                } else if (event instanceof IndexEvent.SegmentDropped(long id) && list != null) {
                    NavigableMap<Long, Long> left = new TreeMap<>(list.segments());
                    left.remove(id);
                    list =
                            new SegmentList(
                                    left, list.nextShard(), list.intentSequence(), list.parts());
                } else if (event instanceof BatchRef ref) {
                    checkBatch(segment, ref, block, position);
                }
            }
            visitor.block(segment, position, lsn, events);
            position += block.limit();
            lsn++;
        }
        segment.end = position;
        segment.lastLsn = lsn - 1;
        if (position < size) {
            long forced =
                    LaneRecovery.firstBlock(
                            segment.file(), position, size, segment.id(), lsn, true);
            boolean torn = last && forced < 0;
            String what =
                    torn
                            ? "ends with " + (size - position) + " bytes that were not forced"
                            : "has no right block " + lsn + " here";
            if (last || forced >= 0) {
                damaged(segment.path(), position, what, torn);
            }
        }
        return list;
    }

    private void checkBatch(Segment segment, BatchRef ref, ByteBuffer block, long position) {
        try {
            RecordBatches.check(block.slice((int) (ref.position - position), ref.bytes));
        } catch (StorageException e) {
            damaged(segment.path(), ref.position, "batch: " + e.getMessage(), false);
        }
    }

    private void requireListed(NavigableMap<Long, Segment> segments, SegmentList newest) {
        newest.segments()
                .forEach(
                        (id, lastLsn) -> {
                            Segment segment = segments.get(id);
                            Path path = folder.resolve(LaneFormat.fileName(id));
                            if (segment == null) {
                                damaged(path, 0, "is missing or has no right header", false);
                            } else if (segment.lastLsn < lastLsn) {
                                damaged(
                                        path,
                                        segment.end,
                                        "has no right block "
                                                + (segment.lastLsn + 1)
                                                + " here; its last is "
                                                + lastLsn,
                                        false);
                            }
                        });
    }
}
