package io.polymq.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segment files of one lane. The writer begins new ones, the cleaner takes old ones away,
 * everybody reads.
 */
final class LaneFiles {

    private static final Logger log = LoggerFactory.getLogger(LaneFiles.class);
    private static final String FREE = "free-";

    private final int lane;
    private final Disk disk;
    private final Path folder;
    private final long segmentBytes;
    private final int recycle;
    private final LongSupplier nextShard;
    private final NavigableMap<Long, Segment> segments = new ConcurrentSkipListMap<>();
    private final List<String> free = new ArrayList<>();
    private final Set<Long> dropped = ConcurrentHashMap.newKeySet();
    private long nextId;

    LaneFiles(
            int lane,
            Disk disk,
            Path folder,
            long segmentBytes,
            int recycle,
            LongSupplier nextShard) {
        this.lane = lane;
        this.disk = disk;
        this.folder = folder;
        this.segmentBytes = segmentBytes;
        this.recycle = recycle;
        this.nextShard = nextShard;
    }

    Path folder() {
        return folder;
    }

    Disk disk() {
        return disk;
    }

    long segmentBytes() {
        return segmentBytes;
    }

    /** During recovery: a segment that was found, or a number that was used. */
    void found(Segment segment) {
        segments.put(segment.id(), segment);
        used(segment.id());
    }

    synchronized void used(long id) {
        nextId = Math.max(nextId, id + 1);
    }

    synchronized void foundFree(String name) {
        free.add(name);
    }

    static boolean isFree(String name) {
        return name.startsWith(FREE);
    }

    Segment last() {
        return segments.lastEntry().getValue();
    }

    @Nullable Segment get(long id) {
        return segments.get(id);
    }

    Collection<Segment> all() {
        return segments.values();
    }

    /** A new segment with its header, not listed and not forced yet. */
    synchronized Segment next(long firstLsn, long now) throws IOException {
        long id = nextId++;
        Path path = folder.resolve(LaneFormat.fileName(id));
        if (!free.isEmpty()) {
            disk.rename(folder.resolve(free.removeLast()), path);
            // a power loss must not bring the old name back over the new segment's bytes
            disk.forceFolder(folder);
        }
        Disk.File file = disk.open(path, true);
        ByteBuffer header = LaneFormat.segmentHeader(lane, id, firstLsn, now);
        file.write(header, 0);
        return new Segment(lane, id, firstLsn, path, file);
    }

    void add(Segment segment) {
        segments.put(segment.id(), segment);
    }

    void forceFolder() throws IOException {
        disk.forceFolder(folder);
    }

    SegmentList listFor(Segment next, long intentSequence, Map<Integer, Long> parts) {
        NavigableMap<Long, Long> older = new TreeMap<>();
        for (Segment segment : segments.values()) {
            if (segment.id() != next.id() && !dropped.contains(segment.id())) {
                older.put(segment.id(), segment.lastLsn);
            }
        }
        return new SegmentList(older, nextShard.getAsLong(), intentSequence, parts);
    }

    /** On the writer: the lane says that the segment may be missing; it is not listed any more. */
    void dropping(long segment, boolean really) {
        if (really) {
            dropped.add(segment);
        } else {
            dropped.remove(segment);
        }
    }

    /** Takes a segment away once no reader holds it; its dropping must be durable. */
    void drop(Segment segment) {
        segments.remove(segment.id());
        dropped.remove(segment.id());
        segment.retire(() -> remove(segment));
    }

    private synchronized void remove(Segment segment) {
        try {
            long size = segment.file().size();
            segment.close();
            if (free.size() < recycle && size >= segmentBytes && size < segmentBytes * 2) {
                String name = FREE + LaneFormat.fileName(segment.id());
                disk.rename(segment.path(), folder.resolve(name));
                free.add(name);
            } else {
                disk.delete(segment.path());
            }
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("file", segment.path())
                    .addKeyValue("reason", e.toString())
                    .log("A segment that is no longer needed could not be removed");
        }
    }

    void close() {
        for (Segment segment : segments.values()) {
            try {
                segment.close();
            } catch (IOException e) {
                log.atWarn()
                        .addKeyValue("file", segment.path())
                        .addKeyValue("reason", e.toString())
                        .log("A segment could not be closed");
            }
        }
    }
}
