package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real file system that is full: 64 MiB in memory, where this user may mount one (root on Linux).
 * The index is on it as well.
 */
@Tag("long")
@Timeout(240)
class SmallDeviceTest {

    @TempDir Path folder;
    private Path device;
    private Path ballast;
    private LogStore store;
    private Shard shard;
    private final List<String> acknowledged = new ArrayList<>();

    @BeforeEach
    void mount() throws Exception {
        device = Files.createDirectory(folder.resolve("device"));
        ballast = device.resolve("ballast");
        Assumptions.assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", device.toString()),
                "this user may not mount a file system");
    }

    @AfterEach
    void unmount() throws Exception {
        if (store != null) {
            store.close();
            assertThat(run("umount", device.toString())).isTrue();
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (IOException noSuchCommand) {
            return false;
        }
    }

    private void open(String... settings) {
        List<String> all =
                new ArrayList<>(List.of("lanes=1", "recycle=0", "checkpoint_bytes=4MiB"));
        all.addAll(List.of(settings));
        store = RealStores.open(device.resolve("data"), all.toArray(new String[0]));
    }

    private boolean append(int number) throws Exception {
        String value = number + "-" + "x".repeat(32_000);
        try {
            long at =
                    shard.append(Batches.of(value), Durability.SYNC)
                            .get(20, TimeUnit.SECONDS)
                            .baseOffset();
            acknowledged.add(at + "=" + value);
            return true;
        } catch (ExecutionException e) {
            assertThat(((StorageException) e.getCause()).kind())
                    .isIn(StorageException.Kind.FULL, StorageException.Kind.UNAVAILABLE);
            return false;
        }
    }

    @Test
    void publishesAreRefusedAtTheReserveAndTakenAgainWhenThereIsRoom() throws Exception {
        open("reserve_bytes=24MiB");
        shard = store.create("a", ShardSpec.DEFAULT).get();
        int number = 0;
        while (append(number)) {
            number++;
        }
        assertThat(number).isBetween(100, 1_300);
        assertThat(store.isFull()).isTrue();
        assertThat(Batches.all(shard)).isEqualTo(acknowledged);
        GroupCursor cursor = shard.cursor("g");
        cursor.acknowledge(0, 50);
        cursor.persist().get(20, TimeUnit.SECONDS);

        shard.trim(number - 10).get(20, TimeUnit.SECONDS);
        int next = number;
        Await.until(() -> append(next));

        assertThat(Batches.all(shard))
                .isEqualTo(acknowledged.subList(number - 10, acknowledged.size()));
    }

    @Test
    void aDeviceThatOthersHaveFilledLosesNothingAndNeedsNoRestart() throws Exception {
        open("reserve_bytes=1");
        shard = store.create("a", ShardSpec.DEFAULT).get();
        for (int i = 0; i < 200; i++) {
            assertThat(append(i)).isTrue();
        }
        fillDevice();
        for (int i = 200; i < 260; i++) {
            append(i);
        }
        assertThat(acknowledged).hasSizeLessThan(260);
        assertThat(Batches.all(shard)).containsAll(acknowledged);

        Files.delete(ballast);
        Await.until(() -> append(260));
        assertThat(Batches.all(shard)).containsAll(acknowledged);

        store.close();
        open("reserve_bytes=1");
        assertThat(Batches.all(store.open("a").orElseThrow())).containsAll(acknowledged);
    }

    private void fillDevice() throws IOException {
        ByteBuffer filling = ByteBuffer.allocate(4096);
        try (FileChannel file =
                FileChannel.open(ballast, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (true) {
                file.write(filling.clear());
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }
}
