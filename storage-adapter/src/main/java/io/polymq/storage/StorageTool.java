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

    /** All is well. */
    public static final int OK = 0;

    /** Something is damaged. */
    public static final int DAMAGED = 1;

    /** The arguments or the folder are not understood. */
    public static final int USAGE = 2;

    private static final String HELP =
            """
            usage: storage verify FOLDER
                   storage dump FOLDER [--shard NAME] [--records]
                   storage repair FOLDER [--yes]

            verify  reads every segment, checks every checksum, counts what is there
            dump    prints blocks and entries; with --records the records too
            repair  says what it would do about damage; does it with --yes
            """;

    private final PrintStream out;
    private final Map<Long, String> names = new HashMap<>();

    private StorageTool(PrintStream out) {
        this.out = out;
    }

    /**
     * @param args what follows {@code storage} on the command line
     * @return the exit code
     */
    public static int run(List<String> args, PrintStream out) {
        if (args.size() < 2) {
            out.print(HELP);
            return USAGE;
        }
        Path folder = Path.of(args.get(1));
        if (!Files.isRegularFile(folder.resolve(Manifest.NAME))) {
            out.println(folder + " is no data folder of the log driver: it has no manifest");
            return USAGE;
        }
        List<String> options = args.subList(2, args.size());
        StorageTool tool = new StorageTool(out);
        try (FolderLock lock = FolderLock.take(folder)) {
            return switch (args.getFirst()) {
                case "verify" -> tool.verify(folder);
                case "dump" -> tool.dump(folder, options);
                case "repair" -> tool.repair(folder, options.contains("--yes"));
                default -> {
                    out.print(HELP);
                    yield USAGE;
                }
            };
        } catch (IOException | StorageException e) {
            out.println(e.getMessage());
            return DAMAGED;
        }
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

    private int verify(Path folder) throws IOException {
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

    private int report(List<LaneScan.Damage> damages) {
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
        out.println(sound ? "sound" : "not sound; `storage repair` says what can be done");
        return sound ? OK : DAMAGED;
    }

    private int dump(Path folder, List<String> options) throws IOException {
        boolean records = options.contains("--records");
        int at = options.indexOf("--shard");
        String only = at >= 0 && at + 1 < options.size() ? options.get(at + 1) : "";
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
                            print(event, only, records, segment);
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

    private void print(IndexEvent event, String only, boolean records, Segment segment)
            throws IOException {
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
            if (records && event instanceof BatchRef ref) {
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

    private int repair(Path folder, boolean yes) throws IOException {
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
        int found = report(damages);
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
        return OK;
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
