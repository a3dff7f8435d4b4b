package io.polymq.storage;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code polymq storage verify|dump|repair FOLDER}: looks after a data folder of the log driver
 * while no broker uses it. Reads every byte and checks every checksum; changes something only as
 * {@code repair --yes}, and says first what.
 */
public final class StorageTool {

    /** How it ended. */
    public enum Outcome {
        SOUND,
        DAMAGED,
        /** A broker uses the folder. */
        IN_USE,
        /** The arguments, or what is in the folder. */
        NOT_UNDERSTOOD
    }

    private static final String HELP =
            """
            Usage: polymq storage verify FOLDER
                   polymq storage dump FOLDER [--shard NAME] [--records]
                   polymq storage repair FOLDER [--yes]

            FOLDER is a broker's data_path, or the folder "storage" in it; no broker may use it.

            verify  reads every segment, checks every checksum, counts what is there
            dump    prints blocks and entries; with --records the records too
            repair  says what it would do about damage; does it with --yes
            """;

    private final PrintStream out;
    private final Map<Long, String> names = new HashMap<>();
    private boolean withRecords;
    private String only = "";

    private StorageTool(PrintStream out) {
        this.out = out;
    }

    /**
     * @param args what follows {@code storage} on the command line
     */
    public static Outcome run(List<String> args, PrintStream out) {
        StorageTool tool = new StorageTool(out);
        if (args.size() < 2 || !tool.understands(args.getFirst(), args.subList(2, args.size()))) {
            out.print(HELP);
            return Outcome.NOT_UNDERSTOOD;
        }
        Path folder = logOf(Path.of(args.get(1)));
        if (!Files.isRegularFile(folder.resolve(Manifest.NAME))) {
            out.println(folder + " is no data folder of the log driver: it has no manifest");
            return Outcome.NOT_UNDERSTOOD;
        }
        try (FolderLock lock = FolderLock.tryTake(folder)) {
            if (lock == null) {
                out.println(FolderLock.inUse(folder));
                return Outcome.IN_USE;
            }
            return tool.run(args.getFirst(), folder, args.subList(2, args.size()));
        } catch (IOException | StorageException e) {
            out.println(e.getMessage());
            return Outcome.DAMAGED;
        }
    }

    /** A data path has the log in a folder of its own. */
    private static Path logOf(Path given) {
        Path inside = given.resolve("storage");
        return Files.isRegularFile(inside.resolve(Manifest.NAME)) ? inside : given;
    }

    private boolean understands(String command, List<String> options) {
        return switch (command) {
            case "verify" -> options.isEmpty();
            case "repair" -> options.isEmpty() || options.equals(List.of("--yes"));
            case "dump" -> understandsDump(options);
            default -> false;
        };
    }

    private boolean understandsDump(List<String> options) {
        for (int i = 0; i < options.size(); i++) {
            switch (options.get(i)) {
                case "--records" -> withRecords = true;
                case "--shard" -> {
                    if (++i == options.size()) {
                        return false;
                    }
                    only = options.get(i);
                }
                default -> {
                    return false;
                }
            }
        }
        return true;
    }

    private Outcome run(String command, Path folder, List<String> options) throws IOException {
        return switch (command) {
            case "verify" -> verify(folder);
            case "dump" -> dump(folder);
            default -> repair(folder, options.contains("--yes"));
        };
    }

    private static Manifest manifest(Disk disk, Path folder) throws IOException {
        Manifest manifest = Manifest.read(disk, folder);
        if (manifest == null) {
            throw new IOException(folder + " has no manifest");
        }
        return manifest;
    }

    /** What a lane holds. */
    private static final class Count implements LaneScan.Visitor {
        private long blocks;
        private long batches;
        private long records;
        private long bytes;

        @Override
        public void block(Segment segment, long position, long lsn, List<IndexEvent> events) {
            blocks++;
            for (IndexEvent event : events) {
                if (event instanceof BatchRef ref) {
                    batches++;
                    records += ref.records;
                    bytes += ref.bytes;
                }
            }
        }
    }

    private Outcome verify(Path folder) throws IOException {
        List<LaneScan.Damage> damages = new ArrayList<>();
        Disk disk = new RealDisk(folder);
        for (int lane : manifest(disk, folder).lanes().keySet()) {
            Count count = new Count();
            damages.addAll(
                    new LaneScan(disk, lane, Manifest.laneFolder(folder, lane), count).run());
            out.println(
                    "lane "
                            + lane
                            + ": "
                            + count.blocks
                            + " blocks, "
                            + count.batches
                            + " batches, "
                            + count.records
                            + " records, "
                            + count.bytes
                            + " bytes of batches");
        }
        return report(damages);
    }

    private Outcome report(List<LaneScan.Damage> damages) {
        for (LaneScan.Damage damage : damages) {
            out.println(
                    (damage.torn() ? "note: " : "DAMAGED: ")
                            + damage.file()
                            + " at "
                            + damage.position()
                            + ": "
                            + damage.what());
        }
        boolean sound = damages.stream().allMatch(LaneScan.Damage::torn);
        out.println(sound ? "sound" : "not sound; `polymq storage repair` says what can be done");
        return sound ? Outcome.SOUND : Outcome.DAMAGED;
    }

    private Outcome dump(Path folder) throws IOException {
        Disk disk = new RealDisk(folder);
        List<LaneScan.Damage> damages = new ArrayList<>();
        for (int lane : manifest(disk, folder).lanes().keySet()) {
            LaneScan.Visitor printer =
                    (segment, position, lsn, events) -> {
                        if (only.isEmpty()) {
                            out.println(
                                    "lane "
                                            + lane
                                            + " block "
                                            + lsn
                                            + " at "
                                            + position
                                            + " in "
                                            + segment.path().getFileName());
                        }
                        for (IndexEvent event : events) {
                            print(event, segment);
                        }
                    };
            damages.addAll(
                    new LaneScan(disk, lane, Manifest.laneFolder(folder, lane), printer).run());
        }
        return report(damages);
    }

    private String name(long shard) {
        return names.getOrDefault(shard, "shard " + shard);
    }

    private void print(IndexEvent event, Segment segment) throws IOException {
        long shard = -1;
        String text;
        switch (event) {
            case BatchRef ref -> {
                shard = ref.shard;
                text =
                        (ref.moved ? "moved " : "records ")
                                + ref.baseOffset
                                + " to "
                                + (ref.nextOffset - 1)
                                + ", "
                                + ref.records
                                + " records, "
                                + ref.bytes
                                + " bytes at "
                                + ref.position;
            }
            case IndexEvent.ShardWritten(ShardState state) -> {
                names.put(state.id(), state.name());
                shard = state.id();
                text = "state " + state;
            }
            case IndexEvent.Trimmed(long id, long start) -> {
                shard = id;
                text = "trimmed to " + start;
            }
            case IndexEvent.ShardDeleted(long id) -> {
                shard = id;
                text = "deleted";
            }
            case IndexEvent.CursorWritten(long id, String group, byte[] state) -> {
                shard = id;
                AckRanges ranges = AckRanges.decode(ByteBuffer.wrap(state));
                text =
                        "cursor "
                                + group
                                + " at "
                                + ranges.floor()
                                + " and "
                                + ranges.ranges()
                                + " ranges";
            }
            case IndexEvent.CursorDropped(long id, String group) -> {
                shard = id;
                text = "cursor " + group + " dropped";
            }
            case IndexEvent.BatchesDropped(long id, long[] bases) -> {
                shard = id;
                text = "batches dropped at " + java.util.Arrays.toString(bases);
            }
            default -> text = event.toString();
        }
        String owner = shard < 0 ? "" : name(shard) + ": ";
        if (only.isEmpty() || shard >= 0 && name(shard).equals(only)) {
            out.println("  " + owner + text);
            if (withRecords && event instanceof BatchRef ref) {
                printRecords(ref, segment);
            }
        }
    }

    private void printRecords(BatchRef ref, Segment segment) throws IOException {
        ByteBuffer batch = ByteBuffer.allocate(ref.bytes);
        segment.file().readFully(batch, ref.position);
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batch.flip());
        try {
            while (cursor.next()) {
                out.println(
                        "    "
                                + cursor.offset()
                                + " time="
                                + cursor.timestamp()
                                + " key="
                                + text(cursor.key())
                                + " value="
                                + text(cursor.value())
                                + " headers="
                                + cursor.headerCount());
            }
        } catch (StorageException e) {
            out.println("    " + e.getMessage());
        }
    }

    private static String text(@org.jspecify.annotations.Nullable ByteBuffer bytes) {
        if (bytes == null) {
            return "null";
        }
        StringBuilder text = new StringBuilder("\"");
        String decoded =
                StandardCharsets.UTF_8
                        .decode(bytes.slice(0, Math.min(200, bytes.remaining())))
                        .toString();
        decoded.codePoints()
                .forEach(
                        point -> {
                            if (point < 0x20 || point == '"' || point == '\\' || point == 0x7f) {
                                text.append(String.format(Locale.ROOT, "\\u%04x", point));
                            } else {
                                text.appendCodePoint(point);
                            }
                        });
        return text.append(bytes.remaining() > 200 ? "\"..." : "\"").toString();
    }

    /** What would be done to a lane: nothing behind the cut is used any more. */
    private record Cut(Path file, long position, List<Path> later) {}

    private Outcome repair(Path folder, boolean yes) throws IOException {
        Disk disk = new RealDisk(folder);
        List<LaneScan.Damage> damages = new ArrayList<>();
        for (int lane : manifest(disk, folder).lanes().keySet()) {
            damages.addAll(
                    new LaneScan(
                                    disk,
                                    lane,
                                    Manifest.laneFolder(folder, lane),
                                    (segment, position, lsn, events) -> {})
                            .run());
        }
        Outcome found = report(damages);
        List<Cut> cuts = cuts(damages);
        Path index = folder.resolve("index");
        for (Cut cut : cuts) {
            out.println(
                    (yes ? "cutting " : "would cut ")
                            + cut.file
                            + " at "
                            + cut.position
                            + ", a copy stays beside it as *.damaged");
            for (Path later : cut.later) {
                out.println((yes ? "setting aside " : "would set aside ") + later);
            }
        }
        out.println((yes ? "removing " : "would remove ") + index + ": it is made anew");
        if (!yes) {
            out.println("nothing was changed; --yes does it");
            return found;
        }
        for (Cut cut : cuts) {
            apply(cut);
        }
        if (Files.isDirectory(index)) {
            try (Stream<Path> files = Files.walk(index)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        out.println("done");
        return Outcome.SOUND;
    }

    /** For each lane the first damage that recovery would not cut by itself. */
    private static List<Cut> cuts(List<LaneScan.Damage> damages) throws IOException {
        Map<Integer, LaneScan.Damage> first = new TreeMap<>();
        for (LaneScan.Damage damage : damages) {
            if (!damage.torn()) {
                first.merge(
                        damage.lane(),
                        damage,
                        (a, b) ->
                                Comparator.comparing(LaneScan.Damage::file)
                                                        .thenComparing(LaneScan.Damage::position)
                                                        .compare(a, b)
                                                <= 0
                                        ? a
                                        : b);
            }
        }
        List<Cut> cuts = new ArrayList<>();
        for (LaneScan.Damage damage : first.values()) {
            Path folder = damage.file().getParent();
            List<Path> later = new ArrayList<>();
            if (folder != null && Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder)) {
                    files.filter(file -> LaneFormat.isSegmentName(file.getFileName().toString()))
                            .filter(file -> file.compareTo(damage.file()) > 0)
                            .sorted()
                            .forEach(later::add);
                }
            }
            cuts.add(new Cut(damage.file(), damage.position(), later));
        }
        return cuts;
    }

    private static void apply(Cut cut) throws IOException {
        for (Path later : cut.later.reversed()) {
            setAside(later);
        }
        if (!Files.isRegularFile(cut.file)) {
            return;
        }
        if (cut.position < LaneFormat.SEGMENT_HEADER) {
            setAside(cut.file);
            return;
        }
        Path copy = cut.file.resolveSibling(cut.file.getFileName() + ".damaged");
        Files.copy(cut.file, copy, StandardCopyOption.REPLACE_EXISTING);
        try (Disk.File file = new RealDisk(cut.file).open(cut.file, false)) {
            file.truncate(cut.position);
            file.force();
        }
    }

    private static void setAside(Path file) throws IOException {
        Files.move(
                file,
                file.resolveSibling(file.getFileName() + ".damaged"),
                StandardCopyOption.REPLACE_EXISTING);
    }
}
