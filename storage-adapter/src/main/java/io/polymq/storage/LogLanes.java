package io.polymq.storage;

import io.polymq.config.StorageConfig;
import io.polymq.storage.StorageException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The lanes of a store: those that all shards share, and those of single busy shards. */
final class LogLanes {

    private static final Logger log = LoggerFactory.getLogger(LogLanes.class);

    private static final long LEAST_SEGMENT = 64 << 10;

    private final LogSetup setup;
    private final LogIndex index;
    private final Runnable onDurable;
    private final NavigableMap<Integer, LaneWriter> lanes = new ConcurrentSkipListMap<>();
    private volatile List<LaneWriter> shared = List.of();
    private Manifest manifest = Manifest.empty();

    LogLanes(LogSetup setup, LogIndex index, Runnable onDurable) {
        this.setup = setup;
        this.index = index;
        this.onDurable = onDurable;
    }

    Collection<LaneWriter> all() {
        return lanes.values();
    }

    @Nullable LaneWriter get(int id) {
        return lanes.get(id);
    }

    LaneWriter sharedFor(long shard) {
        List<LaneWriter> now = shared;
        return now.get((int) (shard % now.size()));
    }

    boolean isShared(LaneWriter lane) {
        return shared.contains(lane);
    }

    private int wantedLanes() {
        int configured = setup.config().lanes();
        return configured > 0 ? configured : 1 + Runtime.getRuntime().availableProcessors() / 8;
    }

    /** Recovers the lanes that there are, makes those that are missing. */
    synchronized void open(long now) throws IOException {
        setup.disk().createFolder(setup.folder());
        Manifest known = Manifest.read(setup.disk(), setup.folder());
        manifest = known == null ? Manifest.empty() : known;
        for (Map.Entry<Integer, Long> lane : manifest.lanes().entrySet()) {
            lanes.put(lane.getKey(), recover(lane.getKey(), now, lane.getValue(), false));
        }
        Manifest more = manifest;
        while (more.shared().size() < wantedLanes()) {
            int id = more.nextLane();
            lanes.put(id, recover(id, now, 0, true));
            more = more.with(id, 0);
        }
        if (!more.equals(manifest) || known == null) {
            more.write(setup.disk(), setup.folder());
            manifest = more;
        }
        shared =
                manifest.shared().stream()
                        .limit(wantedLanes())
                        .map(id -> java.util.Objects.requireNonNull(lanes.get(id)))
                        .toList();
        warnOfStrangers();
    }

    private void warnOfStrangers() throws IOException {
        for (String name : setup.disk().list(setup.folder())) {
            if (name.startsWith("lane-")
                    && manifest.lanes().keySet().stream()
                            .noneMatch(id -> name.equals("lane-" + id))) {
                log.atWarn()
                        .addKeyValue("folder", setup.folder().resolve(name))
                        .log("A lane that the manifest does not list is left alone");
            }
        }
    }

    /**
     * @param ownSegmentBytes 0 for a shared lane
     */
    private LaneWriter recover(int id, long now, long ownSegmentBytes, boolean isNew)
            throws IOException {
        StorageConfig config = setup.config();
        Path folder = Manifest.laneFolder(setup.folder(), id);
        if (isNew) {
            clear(folder);
        }
        LaneFiles files =
                new LaneFiles(
                        id,
                        setup.disk(),
                        folder,
                        ownSegmentBytes > 0 ? ownSegmentBytes : config.segmentBytes(),
                        config.recycle(),
                        index::nextShard);
        LaneRecovery recovery = new LaneRecovery(id, files, index, isNew);
        LanePosition position = recovery.run(now);
        if (isNew) {
            setup.disk().forceFolder(setup.folder());
        }
        long cached =
                ownSegmentBytes > 0
                        ? config.tailCacheBytes() / 2 / Math.max(1, config.ownLanes())
                        : config.tailCacheBytes() / 2 / wantedLanes();
        return new LaneWriter(
                id,
                files,
                position,
                recovery.firstRound(),
                setup.space(),
                setup.clock(),
                setup.metrics(),
                new TailCache(cached),
                config.pendingBytes(),
                onDurable);
    }

    /** What an unfinished making of the same lane left behind. */
    private void clear(Path folder) throws IOException {
        for (String name : setup.disk().list(folder)) {
            setup.disk().delete(folder.resolve(name));
        }
    }

    /** The index cannot follow any more: nothing is taken until the store is opened again. */
    void refuse(StorageException why) {
        lanes.values().forEach(lane -> lane.refuse(why));
    }

    void start() {
        lanes.values().forEach(LaneWriter::start);
    }

    /** A lane for one shard; a shared one when there are too many. */
    synchronized LaneWriter ownLane(long now, long segmentBytes) {
        long own = manifest.lanes().values().stream().filter(bytes -> bytes > 0).count();
        if (own >= setup.config().ownLanes()) {
            return shared.getFirst();
        }
        try {
            int id = manifest.nextLane();
            long bytes = Math.max(LEAST_SEGMENT, segmentBytes);
            LaneWriter lane = recover(id, now, bytes, true);
            Manifest more = manifest.with(id, bytes);
            more.write(setup.disk(), setup.folder());
            manifest = more;
            lanes.put(id, lane);
            lane.start();
            return lane;
        } catch (IOException e) {
            throw new StorageException(Kind.IO, "cannot make a lane: " + e.getMessage(), e);
        }
    }

    /** The only shard of an own lane is gone. */
    synchronized void remove(LaneWriter lane) {
        if (isShared(lane) || !lanes.containsKey(lane.id)) {
            return;
        }
        lane.close();
        lanes.remove(lane.id);
        try {
            Manifest fewer = manifest.without(lane.id);
            fewer.write(setup.disk(), setup.folder());
            manifest = fewer;
            lane.files.close();
            clear(lane.files.folder());
            setup.disk().delete(lane.files.folder());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** No lane comes or goes meanwhile. */
    synchronized void copyTo(Path folder) throws IOException {
        List<LaneWriter> falling = new ArrayList<>(lanes.values()).reversed();
        new LogCopy(folder).run(manifest, falling);
    }

    void abandon() {
        closeFiles();
    }

    void closeFiles() {
        lanes.values().forEach(lane -> lane.files.close());
    }
}
