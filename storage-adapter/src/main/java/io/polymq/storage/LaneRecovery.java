package io.polymq.storage;

import io.polymq.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a lane after whatever happened to it: finds its segments, lets the index follow from where
 * it stopped, and cuts off a torn tail.
 *
 * <p>What counts as torn: bytes at the end of the last segment that are no valid block, or blocks
 * behind such bytes, as long as none of these says that what is missing had been forced. Everything
 * else that is missing or damaged is refused with its place; nothing is cut there.
 */
final class LaneRecovery {

    private static final Logger log = LoggerFactory.getLogger(LaneRecovery.class);
    private static final int WINDOW = 4 << 20;

    private final int lane;
    private final Disk disk;
    private final LaneFiles files;
    private final LogIndex index;
    private final Path folder;
    private final boolean isNew;
    private final Map<Long, StorageException> strangers = new TreeMap<>();
    private @Nullable LaneRound firstRound;

    /**
     * @param isNew whether the lane is being made; else it must have segments
     */
    LaneRecovery(int lane, LaneFiles files, LogIndex index, boolean isNew) {
        this.lane = lane;
        this.files = files;
        this.index = index;
        this.isNew = isNew;
        disk = files.disk();
        folder = files.folder();
    }

    /** Where the writer goes on. The files hold the segments, the index all their blocks. */
    LanePosition run(long now) throws IOException {
        disk.createFolder(folder);
        NavigableMap<Long, Segment> found = findSegments();
        if (found.isEmpty()) {
            removeStrangers(found, Set.of());
            if (!isNew) {
                throw refused("all segments are missing");
            }
            return createFirst(now);
        }
        NavigableMap<Long, Long> lastLsns = requireListed(found);
        removeStrangers(found, lastLsns.keySet());
        // what was removed must not come back beside segments that are made from here on
        disk.forceFolder(folder);
        found.values().forEach(files::found);
        LanePosition from = index.position(lane);
        if (from == null) {
            Segment first = found.firstEntry().getValue();
            from = LanePosition.at(first.firstLsn(), first.id());
        } else if (!found.containsKey(from.segment())) {
            throw refused(
                    "segment "
                            + LaneFormat.fileName(from.segment())
                            + " is missing, from which"
                            + " the index goes on");
        }
        follow(found, lastLsns, from);
        LanePosition end = index.position(lane);
        if (end == null) {
            throw refused("its segments hold no block");
        }
        index.commit();
        return end;
    }

    private StorageException refused(String why) {
        return new StorageException(
                Kind.CORRUPT_STORE, "lane " + lane + " in " + folder + ": " + why);
    }

    /** The index hears of it as of any other block, from the writer. */
    private LanePosition createFirst(long now) throws IOException {
        Segment first = files.next(1, now);
        SegmentList list = files.listFor(first, 0, Map.of());
        LaneBlock block = new LaneBlock();
        block.begin(LaneFormat.SEGMENT_HEADER);
        block.entry(LaneFormat.SEGMENTS, 0, list.encode());
        ByteBuffer bytes = block.finish(1, 0, now, first.id());
        long end = LaneFormat.SEGMENT_HEADER + (long) bytes.remaining();
        first.file().write(bytes, LaneFormat.SEGMENT_HEADER);
        first.file().force();
        disk.forceFolder(folder);
        first.end = end;
        files.found(first);
        firstRound = LaneRound.first(first, list, 1, end);
        return new LanePosition(2, first.id(), end, 0, Map.of());
    }

    /** What the index does not know yet; null unless the lane is new. */
    @Nullable LaneRound firstRound() {
        return firstRound;
    }

    private NavigableMap<Long, Segment> findSegments() throws IOException {
        NavigableMap<Long, Segment> found = new TreeMap<>();
        for (String name : disk.list(folder)) {
            if (LaneFiles.isFree(name)) {
                files.foundFree(name);
            } else if (LaneFormat.isSegmentName(name)) {
                openSegment(name, found);
            }
        }
        return found;
    }

    private void openSegment(String name, NavigableMap<Long, Segment> found) throws IOException {
        long id;
        try {
            id = LaneFormat.segmentOf(name);
        } catch (NumberFormatException e) {
            throw refused("the file " + name + " has no segment's name");
        }
        files.used(id);
        Path path = folder.resolve(name);
        Disk.File file = disk.open(path, false);
        try {
            if (file.size() < LaneFormat.SEGMENT_HEADER) {
                throw new StorageException(
                        Kind.CORRUPT_STORE, "is shorter than a segment's header");
            }
            ByteBuffer header = ByteBuffer.allocate(LaneFormat.SEGMENT_HEADER);
            file.readFully(header, 0);
            found.put(id, new Segment(lane, id, LaneFormat.firstLsn(header, lane, id), path, file));
        } catch (StorageException e) {
            strangers.put(id, refused("the file " + name + " " + e.getMessage()));
            file.close();
        }
    }

    /**
     * Files that are no segments by their header: those that the lane lists, or that hold blocks of
     * their own, are damaged; others were being made when the power went, and hold nothing.
     */
    private void removeStrangers(NavigableMap<Long, Segment> found, Set<Long> listed)
            throws IOException {
        LanePosition known = index.position(lane);
        for (Map.Entry<Long, StorageException> stranger : strangers.entrySet()) {
            long id = stranger.getKey();
            Path path = folder.resolve(LaneFormat.fileName(id));
            try (Disk.File file = disk.open(path, false)) {
                if (found.isEmpty()
                        || listed.contains(id)
                        || known != null && known.segment() == id
                        || id > found.lastKey() && wasUsed(file, id)) {
                    throw stranger.getValue();
                }
            }
            log.atInfo().addKeyValue("file", path).log("Removing a segment that was never used");
            disk.delete(path);
        }
    }

    /**
     * Whether blocks were written to a segment after its making was forced: they say so. Until then
     * it holds its first block at most.
     */
    private static boolean wasUsed(Disk.File file, long id) throws IOException {
        long size = file.size();
        long first = firstBlock(file, 0, size, id, 0, false);
        if (first < 0) {
            return false;
        }
        ByteBuffer header = ByteBuffer.allocate(LaneFormat.BLOCK_HEADER);
        file.readFully(header, first);
        return first != LaneFormat.SEGMENT_HEADER
                || firstBlock(file, 0, size, id, header.getLong(LaneFormat.BLOCK_LSN), true) >= 0;
    }

    /** The newest segment says which others there must be. */
    private NavigableMap<Long, Long> requireListed(NavigableMap<Long, Segment> found)
            throws IOException {
        Segment last = found.lastEntry().getValue();
        SegmentList list = firstEntry(last);
        while (list == null) {
            // a segment whose making was not finished; it was not used
            if (firstBlock(
                            last.file(),
                            LaneFormat.SEGMENT_HEADER,
                            last.file().size(),
                            last.id(),
                            0,
                            false)
                    >= 0) {
                throw refused("the first block of " + last.path().getFileName() + " is damaged");
            }
            LanePosition known = index.position(lane);
            if (known != null && known.segment() >= last.id()
                    || found.size() == 1 && known != null) {
                throw refused(last.path().getFileName() + " has lost its blocks");
            }
            found.remove(last.id());
            last.close();
            log.atInfo()
                    .addKeyValue("file", last.path())
                    .log("Removing a segment that was never used");
            disk.delete(last.path());
            if (found.isEmpty()) {
                throw refused("its only segment holds no block");
            }
            last = found.lastEntry().getValue();
            list = firstEntry(last);
        }
        List<Long> dropped = droppedIn(last);
        for (long id : list.segments().keySet()) {
            StorageException wrong = strangers.get(id);
            if (!dropped.contains(id) && wrong != null) {
                throw wrong;
            }
            if (!dropped.contains(id) && !found.containsKey(id)) {
                throw refused("segment " + LaneFormat.fileName(id) + " is missing");
            }
        }
        List<Long> wanted = new ArrayList<>(list.segments().keySet());
        wanted.removeAll(dropped);
        wanted.add(last.id());
        for (Segment segment : List.copyOf(found.values())) {
            if (!wanted.contains(segment.id())) {
                found.remove(segment.id());
                segment.close();
                log.atInfo()
                        .addKeyValue("file", segment.path())
                        .log("Removing a segment that was dropped");
                disk.delete(segment.path());
            }
        }
        NavigableMap<Long, Long> there = new TreeMap<>(list.segments());
        there.keySet().removeAll(dropped);
        return there;
    }

    private @Nullable SegmentList firstEntry(Segment segment) throws IOException {
        ByteBuffer block = block(segment, LaneFormat.SEGMENT_HEADER, segment.file().size());
        if (block == null || block.getLong(LaneFormat.BLOCK_LSN) != segment.firstLsn()) {
            return null;
        }
        for (IndexEvent event : new LaneReplay(segment).events(block, LaneFormat.SEGMENT_HEADER)) {
            if (event instanceof IndexEvent.Listed(SegmentList list)) {
                return list;
            }
        }
        return null;
    }

    private List<Long> droppedIn(Segment segment) throws IOException {
        List<Long> dropped = new ArrayList<>();
        LaneReplay replay = new LaneReplay(segment);
        long position = LaneFormat.SEGMENT_HEADER;
        long size = segment.file().size();
        for (ByteBuffer block; (block = block(segment, position, size)) != null; ) {
            for (IndexEvent event : replay.events(block, position)) {
                if (event instanceof IndexEvent.SegmentDropped(long id)) {
                    dropped.add(id);
                }
            }
            position += block.limit();
        }
        return dropped;
    }

    /** The whole block at that position; null when there is none that is right. */
    static @Nullable ByteBuffer block(Segment segment, long position, long size)
            throws IOException {
        if (size - position < LaneFormat.BLOCK_HEADER) {
            return null;
        }
        ByteBuffer header = ByteBuffer.allocate(LaneFormat.BLOCK_HEADER);
        segment.file().readFully(header, position);
        int length = header.getInt(LaneFormat.BLOCK_LENGTH);
        if (header.getInt(0) != LaneFormat.BLOCK_MAGIC
                || header.getLong(LaneFormat.BLOCK_SEGMENT) != segment.id()
                || length < LaneFormat.BLOCK_HEADER
                || length > size - position) {
            return null;
        }
        ByteBuffer block = ByteBuffer.allocate(length);
        segment.file().readFully(block, position);
        return LaneFormat.isBlock(block, 0, length, segment.id()) ? block.clear() : null;
    }

    private void follow(
            NavigableMap<Long, Segment> found, NavigableMap<Long, Long> lastLsns, LanePosition from)
            throws IOException {
        for (Segment segment : found.values()) {
            segment.lastLsn = lastLsns.getOrDefault(segment.id(), -1L);
            segment.end = segment.file().size();
        }
        for (Segment segment : found.tailMap(from.segment(), true).values()) {
            boolean first = segment.id() == from.segment();
            long lsn = first ? from.nextLsn() : segment.firstLsn();
            long position = first ? from.position() : LaneFormat.SEGMENT_HEADER;
            if (position > segment.end) {
                throw refused(
                        segment.path().getFileName()
                                + " ends at "
                                + segment.end
                                + ", but the index has followed it to "
                                + position);
            }
            follow(segment, lsn, position);
        }
    }

    private void follow(Segment segment, long firstLsn, long firstPosition) throws IOException {
        boolean newest = segment.lastLsn < 0;
        if (newest) {
            // after a kill it may not be; the index, which may be flushed at any time, must not be
            // ahead
            segment.file().force();
        }
        long size = segment.end;
        long lsn = firstLsn;
        long position = firstPosition;
        LaneReplay replay = new LaneReplay(segment);
        while (newest || lsn <= segment.lastLsn) {
            ByteBuffer block = block(segment, position, size);
            if (block == null || block.getLong(LaneFormat.BLOCK_LSN) != lsn) {
                break;
            }
            long start = position;
            index.apply(
                    lane,
                    lsn,
                    segment,
                    position + block.limit(),
                    replay.events(block, position),
                    ref -> block.slice((int) (ref.position - start), ref.bytes));
            position += block.limit();
            lsn++;
        }
        segment.end = position;
        if (newest) {
            endOf(segment, position, lsn);
        } else if (lsn <= segment.lastLsn) {
            throw refused(
                    "block "
                            + lsn
                            + " at "
                            + position
                            + " in "
                            + segment.path().getFileName()
                            + " is damaged or missing; the segment's last is "
                            + segment.lastLsn);
        }
    }

    /** Decides whether what follows the last right block is a torn tail, and cuts it. */
    private void endOf(Segment segment, long position, long lsn) throws IOException {
        long size = segment.file().size();
        long forced = firstBlock(segment.file(), position, size, segment.id(), lsn, true);
        if (forced >= 0) {
            throw refused(
                    "block "
                            + lsn
                            + " at "
                            + position
                            + " in "
                            + segment.path().getFileName()
                            + " is damaged, though the block at "
                            + forced
                            + " says that it had been forced");
        }
        if (size > position) {
            log.atInfo()
                    .addKeyValue("file", segment.path())
                    .addKeyValue("position", position)
                    .addKeyValue("bytes", size - position)
                    .log("Cutting off what was not forced");
            segment.file().truncate(position);
            segment.file().force();
        }
    }

    /**
     * The first right block of the segment that has at least that number and, when {@code forced},
     * says that block {@code lsn} was forced before it was written; -1 when there is none.
     */
    static long firstBlock(
            Disk.File file, long from, long size, long segment, long lsn, boolean forced)
            throws IOException {
        ByteBuffer window = ByteBuffer.allocate((int) Math.min(WINDOW, Math.max(0, size - from)));
        for (long base = from; size - base >= LaneFormat.BLOCK_HEADER; ) {
            window.clear().limit((int) Math.min(window.capacity(), size - base));
            file.readFully(window, base);
            int limit = window.limit();
            int at = (int) (-base & (LaneFormat.ALIGNMENT - 1));
            for (; at <= limit - LaneFormat.BLOCK_HEADER; at += LaneFormat.ALIGNMENT) {
                if (window.getInt(at) == LaneFormat.BLOCK_MAGIC
                        && window.getLong(at + LaneFormat.BLOCK_SEGMENT) == segment
                        && window.getLong(at + LaneFormat.BLOCK_LSN) >= lsn
                        && (!forced || window.getLong(at + LaneFormat.BLOCK_DURABLE_LSN) >= lsn)
                        && isRight(file, base + at, size, segment)) {
                    return base + at;
                }
            }
            base += Math.max(LaneFormat.ALIGNMENT, at);
        }
        return -1;
    }

    private static boolean isRight(Disk.File file, long position, long size, long segment)
            throws IOException {
        ByteBuffer length = ByteBuffer.allocate(4);
        file.readFully(length, position + LaneFormat.BLOCK_LENGTH);
        int bytes = length.getInt(0);
        if (bytes < LaneFormat.BLOCK_HEADER || bytes > size - position) {
            return false;
        }
        ByteBuffer block = ByteBuffer.allocate(bytes);
        file.readFully(block, position);
        return LaneFormat.isBlock(block, 0, bytes, segment);
    }
}
