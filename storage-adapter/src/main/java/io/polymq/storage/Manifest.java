package io.polymq.storage;

import io.polymq.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The data folder's table of contents: its format, and which lanes there are. A small text file,
 * replaced as a whole.
 *
 * @param nextLane no lane has this number or a higher one, or ever had
 * @param lanes each lane: 0 when all shards share it, else the segment bytes of its one shard
 */
record Manifest(int nextLane, NavigableMap<Integer, Long> lanes) {

    static final int FORMAT = 1;
    static final String NAME = "manifest";
    private static final String TEMPORARY = "manifest.new";
    private static final String FIRST_WORDS = "polymq-storage";

    static Manifest empty() {
        return new Manifest(0, new TreeMap<>());
    }

    Manifest with(int lane, long ownSegmentBytes) {
        NavigableMap<Integer, Long> more = new TreeMap<>(lanes);
        more.put(lane, ownSegmentBytes);
        return new Manifest(Math.max(nextLane, lane + 1), more);
    }

    Manifest without(int lane) {
        NavigableMap<Integer, Long> fewer = new TreeMap<>(lanes);
        fewer.remove(lane);
        return new Manifest(nextLane, fewer);
    }

    List<Integer> shared() {
        return lanes.entrySet().stream()
                .filter(lane -> lane.getValue() == 0)
                .map(lane -> lane.getKey())
                .toList();
    }

    /** Null when the folder holds none. */
    static @Nullable Manifest read(Disk disk, Path folder) throws IOException {
        Path path = folder.resolve(NAME);
        if (!disk.exists(path)) {
            return null;
        }
        String text;
        try (Disk.File file = disk.open(path, false)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(file.size(), 1 << 20));
            file.readFully(bytes, 0);
            text = StandardCharsets.UTF_8.decode(bytes.flip()).toString();
        }
        try {
            return parse(text, path);
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new StorageException(Kind.CORRUPT_STORE, path + " cannot be understood", e);
        }
    }

    private static Manifest parse(String text, Path path) {
        List<String> lines = text.lines().toList();
        String[] first = lines.get(0).split(" ", 2);
        if (!first[0].equals(FIRST_WORDS)) {
            throw new StorageException(
                    Kind.CORRUPT_STORE, path + " does not begin with " + FIRST_WORDS);
        }
        int format = Integer.parseInt(first[1]);
        if (format > FORMAT) {
            throw new StorageException(
                    Kind.CORRUPT_STORE,
                    path.getParent()
                            + " has format "
                            + format
                            + ", made by a newer release; this one reads formats up to "
                            + FORMAT
                            + ". Use the newer release, or another folder.");
        }
        int next = Integer.parseInt(lines.get(1).substring("next ".length()));
        NavigableMap<Integer, Long> lanes = new TreeMap<>();
        for (String line : lines.subList(2, lines.size())) {
            String[] words = line.split(" ", -1);
            if (words[0].equals("end")) {
                return new Manifest(next, lanes);
            }
            lanes.put(
                    Integer.parseInt(words[1]),
                    words[2].equals("shared") ? 0L : Long.parseLong(words[3]));
        }
        throw new StorageException(Kind.CORRUPT_STORE, path + " is cut short");
    }

    void write(Disk disk, Path folder) throws IOException {
        StringBuilder text = new StringBuilder();
        text.append(FIRST_WORDS).append(' ').append(FORMAT).append('\n');
        text.append("next ").append(nextLane).append('\n');
        lanes.forEach(
                (lane, own) ->
                        text.append("lane ")
                                .append(lane)
                                .append(own == 0 ? " shared\n" : " own " + own + "\n"));
        text.append("end\n");
        Path temporary = folder.resolve(TEMPORARY);
        try (Disk.File file = disk.open(temporary, true)) {
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            file.truncate(0);
            file.write(ByteBuffer.wrap(bytes), 0);
            file.force();
        }
        disk.rename(temporary, folder.resolve(NAME));
        disk.forceFolder(folder);
    }

    static Path laneFolder(Path folder, int lane) {
        return folder.resolve("lane-" + lane);
    }
}
