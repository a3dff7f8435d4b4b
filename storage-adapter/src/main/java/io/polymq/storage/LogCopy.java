package io.polymq.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies lanes while they are written. Of each lane the copy has a prefix that ends with a block:
 * everything that was acknowledged before, some of what came later. The index is not copied, since
 * it can be made anew.
 *
 * <p>Lanes are marked from the highest number down. An append to several lanes stands in the lowest
 * of them before any other hears of it, so whoever has a part of it in the copy finds the whole in
 * a lane that was marked later. A held segment is neither removed nor written again.
 *
 * <p>Any thread that may block; one run each.
 */
final class LogCopy {
    private static final int CHUNK = 1 << 20;

    private final Path folder;

    LogCopy(Path folder) {
        this.folder = folder;
    }

    /** A segment that is held, and how much of it belongs to the copy. */
    private record Marked(Segment segment, long end) {}

    /**
     * @param manifest of the lanes
     * @param lanes by falling number
     */
    void run(Manifest manifest, List<LaneWriter> lanes) throws IOException {
        List<Marked> held = new ArrayList<>();
        try {
            for (LaneWriter lane : lanes) {
                mark(lane.files, held);
            }
            for (Marked marked : held) {
                copy(marked);
            }
        } finally {
            held.forEach(marked -> marked.segment().release());
        }
        RealDisk disk = new RealDisk(folder);
        for (LaneWriter lane : lanes) {
            disk.forceFolder(Manifest.laneFolder(folder, lane.id));
        }
        manifest.write(disk, folder);
    }

    /** What left the list before said so in a block that the mark has. */
    private static void mark(LaneFiles files, List<Marked> held) {
        List<Segment> mine = new ArrayList<>();
        boolean all = false;
        while (!all) {
            all = true;
            for (Segment segment : files.all()) {
                if (segment.acquire()) {
                    mine.add(segment);
                } else {
                    all = false;
                }
            }
            if (!all) {
                mine.forEach(Segment::release);
                mine.clear();
                Thread.onSpinWait();
            }
        }
        for (Segment segment : mine) {
            held.add(new Marked(segment, segment.end));
        }
    }

    private void copy(Marked marked) throws IOException {
        Segment segment = marked.segment();
        Path target = Manifest.laneFolder(folder, segment.lane());
        Files.createDirectories(target);
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        try (FileChannel out =
                FileChannel.open(
                        target.resolve(LaneFormat.fileName(segment.id())),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE)) {
            for (long at = 0; at < marked.end(); ) {
                chunk.clear().limit((int) Math.min(CHUNK, marked.end() - at));
                segment.file().readFully(chunk, at);
                chunk.flip();
                at += chunk.remaining();
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
            }
            out.force(true);
        }
    }

    /** Fails when the copy could not be opened again. */
    static void verify(Path folder) throws IOException {
        RealDisk disk = new RealDisk(folder);
        Manifest manifest = Manifest.read(disk, folder);
        if (manifest == null) {
            throw new IOException(folder + " has no manifest");
        }
        for (int lane : manifest.lanes().keySet()) {
            for (LaneScan.Damage damage :
                    new LaneScan(
                                    disk,
                                    lane,
                                    Manifest.laneFolder(folder, lane),
                                    (segment, position, lsn, events) -> {})
                            .run()) {
                throw new IOException(
                        "the copy is not sound: "
                                + damage.file()
                                + " at "
                                + damage.position()
                                + ": "
                                + damage.what());
            }
        }
    }
}
