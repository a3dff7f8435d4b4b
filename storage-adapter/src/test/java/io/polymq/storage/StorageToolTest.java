package io.polymq.storage;

import static io.polymq.storage.StorageTool.Outcome.DAMAGED;
import static io.polymq.storage.StorageTool.Outcome.IN_USE;
import static io.polymq.storage.StorageTool.Outcome.NOT_UNDERSTOOD;
import static io.polymq.storage.StorageTool.Outcome.SOUND;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StorageToolTest {

    @TempDir Path folder;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void fill() throws Exception {
        LogStore store = open();
        Shard shard = store.create("orders", ShardSpec.DEFAULT).get();
        for (int i = 0; i < 100; i++) {
            shard.append(
                            Batches.keyed(1_000 + i, "key" + i, "value" + i + "x".repeat(2_000)),
                            Durability.SYNC)
                    .get();
        }
        store.close();
    }

    private LogStore open() {
        return RealStores.open(folder, "lanes=1", "segment_bytes=64KiB", "recycle=0");
    }

    private StorageTool.Outcome run(String... args) {
        printed.reset();
        return StorageTool.run(
                List.of(args), new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    private String output() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    private Path segment(int which) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("lane-0"))) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList()
                    .get(which);
        }
    }

    private void damage(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}), at);
        }
    }

    @Test
    void soundFolderIsVerified() {
        assertThat(run("verify", folder.toString())).isEqualTo(SOUND);
        assertThat(output()).contains("100 records").contains("sound");
    }

    @Test
    void aDataPathHasTheLogInAFolderOfItsOwn() throws Exception {
        Path dataPath = Files.createDirectory(folder.resolve("data"));
        Files.move(folder.resolve("manifest"), dataPath.resolve("manifest"));
        Files.move(folder.resolve("lane-0"), dataPath.resolve("lane-0"));
        Files.move(dataPath, folder.resolve("storage"));
        assertThat(run("verify", folder.toString())).isEqualTo(SOUND);
        assertThat(output()).contains("100 records");
    }

    @Test
    void recordsAreDumped() {
        assertThat(run("dump", folder.toString(), "--records", "--shard", "orders"))
                .isEqualTo(SOUND);
        assertThat(output())
                .contains("42 time=1042 key=\"key42\" value=\"value42xxx")
                .doesNotContain("lane 0 block");
    }

    @Test
    void damageIsFoundNamedAndRepairedOnlyWhenAsked() throws Exception {
        damage(segment(1), 30_000);
        assertThat(run("verify", folder.toString())).isEqualTo(DAMAGED);
        assertThat(output()).contains("DAMAGED").contains(segment(1).toString());

        assertThat(run("repair", folder.toString())).isEqualTo(DAMAGED);
        assertThat(output()).contains("would cut " + segment(1)).contains("nothing was changed");
        assertThat(run("verify", folder.toString())).isEqualTo(DAMAGED);

        assertThat(run("repair", folder.toString(), "--yes")).isEqualTo(SOUND);
        assertThat(run("verify", folder.toString())).isEqualTo(SOUND);
        LogStore store = open();
        List<String> left = Batches.all(store.open("orders").orElseThrow());
        assertThat(left).hasSizeBetween(25, 60).first().asString().startsWith("0=value0x");
        store.close();
    }

    @Test
    void tornTailIsANoteOnly() throws Exception {
        Path last = segment((int) Files.list(folder.resolve("lane-0")).count() - 1);
        Files.write(last, new byte[100], StandardOpenOption.APPEND);
        assertThat(run("verify", folder.toString())).isEqualTo(SOUND);
        assertThat(output()).contains("note: ").contains("were not forced");
    }

    @Test
    void folderInUseIsRefused() {
        LogStore store = open();
        assertThat(run("verify", folder.toString())).isEqualTo(IN_USE);
        assertThat(output()).contains("is in use by process");
        store.close();
    }

    @Test
    void wrongArgumentsPrintTheUsage() {
        assertThat(run("verify")).isEqualTo(NOT_UNDERSTOOD);
        assertThat(run("explode", folder.toString())).isEqualTo(NOT_UNDERSTOOD);
        assertThat(output()).contains("Usage:");
        for (String option : List.of("--yse", "--shard", "--records --yes")) {
            printed.reset();
            assertThat(run(("dump " + folder + " " + option).split(" "))).isEqualTo(NOT_UNDERSTOOD);
            assertThat(output()).contains("Usage:");
        }
        assertThat(run("verify", folder.resolve("none").toString())).isEqualTo(NOT_UNDERSTOOD);
    }
}
