package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.config.StorageConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real log, damaged in its files: recovery is exact or refuses and says where. */
@Timeout(120)
class LogFaultTest {

    private final StorageConfig config =
            TestConfigs.quick(
                    "lanes=1",
                    "segment_bytes=64KiB",
                    "recycle=0",
                    "reserve_bytes=1KiB",
                    "cursor_interval=1h",
                    "retention_interval=1h",
                    "force_interval=1h");

    @TempDir Path folder;
    private Path original;
    private Path damaged;
    private List<String> records = List.of();

    @BeforeEach
    void writeLog() throws Exception {
        original = folder.resolve("original");
        damaged = folder.resolve("damaged");
        LogStore store = open(original, new SortedMemory());
        Shard shard = store.create("a", ShardSpec.DEFAULT).get();
        Shard other = store.create("b", ShardSpec.DEFAULT).get();
        for (int i = 0; i < 60; i++) {
            shard.append(Batches.of("v" + i + "-" + "x".repeat(3000)), Durability.SYNC).get();
            other.append(Batches.of("w" + i), Durability.SYNC).get();
            if (i == 10) {
                shard.trim(2).get();
            }
        }
        records = Batches.all(shard);
        store.close();
        assertThat(segments(original)).hasSizeGreaterThan(2);
    }

    private LogStore open(Path at, OrderedStore rows) {
        return SimulatedStores.open(
                at, new RealDisk(folder), rows, config, java.time.InstantSource.system());
    }

    private static List<Path> segments(Path at) throws IOException {
        try (Stream<Path> files = Files.list(at.resolve("lane-0"))) {
            return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
        }
    }

    private List<Path> copy() throws IOException {
        if (Files.exists(damaged)) {
            try (Stream<Path> files = Files.walk(damaged)) {
                for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : files.toList()) {
                Path to = damaged.resolve(original.relativize(file).toString());
                Files.createDirectories(to.getParent());
                if (Files.isRegularFile(file)) {
                    Files.copy(file, to);
                }
            }
        }
        return segments(damaged);
    }

    /** The records after recovery without an index; empty list when it was refused. */
    private List<String> recovered() throws Exception {
        LogStore store;
        try {
            store = open(damaged, new SortedMemory());
        } catch (StorageException e) {
            assertThat(e.kind()).isEqualTo(StorageException.Kind.CORRUPT_STORE);
            assertThat(e.getMessage()).contains("lane");
            return List.of();
        }
        try {
            return Batches.all(store.open("a").orElseThrow());
        } finally {
            store.close();
        }
    }

    @Test
    void undamagedLogIsIndexedAnew() throws Exception {
        copy();
        assertThat(recovered()).isEqualTo(records);
    }

    @Test
    void cutAtEveryByteOfItsLastBlocksItKeepsWhatIsWhole() throws Exception {
        Path last = segments(original).getLast();
        long size = Files.size(last);
        for (long cut = size; cut > Math.max(300, size - 700); cut--) {
            Path copy = copy().getLast();
            try (FileChannel file = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                file.truncate(cut);
            }
            List<String> found = recovered();
            assertThat(found).as("cut at %d", cut).isNotEmpty();
            assertThat(records.subList(0, found.size())).isEqualTo(found);
        }
    }

    @Test
    void everyFlippedBitOfABlockHeaderIsRefused() throws Exception {
        List<Path> segments = segments(original);
        for (int which : new int[] {0, segments.size() - 1}) {
            long at = LaneFormat.SEGMENT_HEADER;
            for (int bit = 0; bit < LaneFormat.BLOCK_HEADER * 8; bit++) {
                flip(copy().get(which), at + bit / 8, 1 << bit % 8);
                assertThat(recovered()).as("segment %d bit %d", which, bit).isEmpty();
            }
        }
    }

    @Test
    void everyFlippedBitOfASegmentHeaderIsRefused() throws Exception {
        for (int bit = 0; bit < LaneFormat.SEGMENT_HEADER * 8; bit++) {
            flip(copy().getFirst(), bit / 8, 1 << bit % 8);
            assertThat(recovered()).as("bit %d", bit).isEmpty();
        }
    }

    private static void flip(Path file, long at, int mask) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ mask));
            channel.write(one.clear(), at);
        }
    }

    @Test
    void flippedBitInABodyIsRefusedWithItsPlace() throws Exception {
        Path first = copy().getFirst();
        flip(first, 20_000, 4);
        assertThatThrownBy(() -> open(damaged, new SortedMemory()))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(first.getFileName().toString())
                .hasMessageContaining("damaged");
    }

    @Test
    void swappedBlocksAreRefused() throws Exception {
        Path first = copy().getFirst();
        try (FileChannel file =
                FileChannel.open(first, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            List<ByteBuffer> blocks = new ArrayList<>();
            long at = LaneFormat.SEGMENT_HEADER;
            for (int i = 0; i < 8; i++) {
                ByteBuffer header = ByteBuffer.allocate(LaneFormat.BLOCK_HEADER);
                file.read(header, at);
                ByteBuffer block = ByteBuffer.allocate(header.getInt(LaneFormat.BLOCK_LENGTH));
                file.read(block, at);
                blocks.add(block.flip());
                at += block.limit();
            }
            java.util.Collections.swap(blocks, 4, 5);
            at = LaneFormat.SEGMENT_HEADER;
            for (ByteBuffer block : blocks) {
                at += file.write(block, at);
            }
        }
        assertThat(recovered()).isEmpty();
    }

    @Test
    void missingSegmentIsRefused() throws Exception {
        for (int i = 0; i < segments(original).size() - 1; i++) {
            Path gone = copy().get(i);
            Files.delete(gone);
            assertThatThrownBy(() -> open(damaged, new SortedMemory()))
                    .hasMessageContaining(gone.getFileName().toString())
                    .hasMessageContaining("missing");
        }
    }

    @Test
    void allSegmentsMissingIsRefused() throws Exception {
        for (Path segment : copy()) {
            Files.delete(segment);
        }
        assertThatThrownBy(() -> open(damaged, new SortedMemory()))
                .hasMessageContaining("all segments are missing");
    }

    @Test
    void duplicatedSegmentNeverCounts() throws Exception {
        List<Path> segments = copy();
        Files.copy(segments.get(1), damaged.resolve("lane-0").resolve(LaneFormat.fileName(77)));
        assertThat(recovered()).isEqualTo(records);
        Path second = copy().get(1);
        Files.copy(
                second,
                damaged.resolve("lane-0").resolve(LaneFormat.fileName(0)),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThat(recovered()).isEmpty();
    }

    @Test
    void zeroFilledSegmentIsRefused() throws Exception {
        for (int i = 0; i < segments(original).size() - 1; i++) {
            Path zeroed = copy().get(i);
            Files.write(zeroed, new byte[(int) Files.size(zeroed)]);
            assertThat(recovered()).as("segment %d", i).isEmpty();
        }
    }

    @Test
    void logThatEndsBeforeTheIndexIsRefused() throws Exception {
        copy();
        CrashingRows rows = new CrashingRows(new java.util.Random(1));
        open(damaged, rows).close();
        Path last = segments(damaged).getLast();
        try (FileChannel file = FileChannel.open(last, StandardOpenOption.WRITE)) {
            file.truncate(Files.size(last) - 200);
        }
        assertThatThrownBy(() -> open(damaged, rows))
                .hasMessageContaining(last.getFileName().toString())
                // the closing block may have had to begin a file, in which it was alone
                .hasMessageMatching("(?s).*(the index has followed it to|has lost its blocks).*");
    }

    @Test
    void damageBehindTheIndexIsFoundWhenItIsRead() throws Exception {
        copy();
        CrashingRows rows = new CrashingRows(new java.util.Random(1));
        open(damaged, rows).close();
        flip(segments(damaged).getFirst(), 20_000, 4);
        LogStore store = open(damaged, rows);
        try {
            assertThatThrownBy(() -> Batches.all(store.open("a").orElseThrow()))
                    .hasMessageContaining("is damaged, at");
        } finally {
            store.close();
        }
    }

    @Test
    void newerFormatIsRefusedWithASentence() throws Exception {
        copy();
        Path manifest = damaged.resolve(Manifest.NAME);
        Files.writeString(
                manifest,
                Files.readString(manifest).replace("polymq-storage 1", "polymq-storage 9"));
        assertThatThrownBy(() -> open(damaged, new SortedMemory()))
                .hasMessageContaining("has format 9, made by a newer release");
    }
}
