package io.polymq.meta.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataStore.Entry;
import io.polymq.meta.MetadataStore.Lease;
import io.polymq.meta.MetadataStore.Range;
import io.polymq.meta.Transaction;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedMetadataTest {

    @TempDir Path directory;

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private static List<String> contents(EmbeddedMetadata store) {
        return store.range("").join().entries().stream()
                .map(
                        e ->
                                e.key()
                                        + "="
                                        + new String(e.value())
                                        + "@"
                                        + e.createRevision()
                                        + ","
                                        + e.modRevision())
                .toList();
    }

    @Test
    void everythingIsThereAgainAfterARestart() {
        List<String> before;
        long revision;
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory)) {
            for (int i = 0; i < 300; i++) {
                store.put("k" + i % 100, bytes("v" + i)).join();
            }
            store.delete("k7").join();
            before = contents(store);
            revision = store.range("").join().revision();
        }
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory)) {
            assertThat(contents(store)).isEqualTo(before).hasSize(99);
            assertThat(store.put("next", bytes("1")).join()).isEqualTo(revision + 1);
        }
    }

    @Test
    void whatIsAnsweredIsInTheFilesBeforeTheStoreIsClosed() throws IOException {
        Path copy = directory.resolve("copy");
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory.resolve("live"))) {
            for (int i = 0; i < 50; i++) {
                store.put("k" + i, bytes("v" + i)).join();
            }
            copy(directory.resolve("live"), copy);
        }
        try (EmbeddedMetadata store = EmbeddedMetadata.open(copy)) {
            assertThat(contents(store)).hasSize(50);
        }
    }

    @Test
    void aTornEndOfTheLogIsCutAndDamageBeforeItRefused() throws IOException {
        Path live = directory.resolve("live");
        Path torn = directory.resolve("torn");
        Path hurt = directory.resolve("hurt");
        try (EmbeddedMetadata store = EmbeddedMetadata.open(live)) {
            for (int i = 0; i < 50; i++) {
                store.put("k" + i, new byte[1_000]).join();
            }
            copy(live, torn);
            copy(live, hurt);
        }
        Path log = logIn(torn);
        byte[] whole = Files.readAllBytes(log);
        Files.write(log, java.util.Arrays.copyOf(whole, whole.length - 10));
        try (EmbeddedMetadata store = EmbeddedMetadata.open(torn)) {
            assertThat(contents(store)).hasSize(49);
        }
        byte[] flipped = whole.clone();
        flipped[flipped.length / 2] ^= 1;
        Files.write(logIn(hurt), flipped);
        assertThatThrownBy(() -> EmbeddedMetadata.open(hurt))
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        e -> assertThat(e.reason()).isEqualTo(MetadataException.Reason.UNUSABLE));
    }

    private static Path logIn(Path store) throws IOException {
        try (var files = Files.list(store)) {
            return files.filter(f -> f.toString().endsWith(".log"))
                    .max(Comparator.comparingLong(f -> f.toFile().length()))
                    .orElseThrow();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void aSecondStoreOnTheSameDirectoryIsRefusedInOneSentence() {
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory)) {
            assertThatThrownBy(() -> EmbeddedMetadata.open(directory))
                    .isInstanceOf(MetadataException.class)
                    .hasMessage(
                            "metadata in " + directory + " is in use by another broker process");
            store.put("a", bytes("still served")).join();
        }
        EmbeddedMetadata.open(directory).close();
    }

    @Test
    void aNewerFormatIsRefused() throws Exception {
        EmbeddedMetadata.open(directory).close();
        try (Rows rows = Rows.open(directory)) {
            rows.markFormat(7, 0);
        }
        assertThatThrownBy(() -> EmbeddedMetadata.open(directory))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("has format 7");
    }

    @Test
    void leasesOfAnEarlierProcessAreOver() {
        Path copy = directory.resolve("copy");
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory.resolve("live"))) {
            Lease lease = store.lease(Duration.ofMinutes(1)).join();
            store.put("kept", bytes("1")).join();
            store.commit(
                            Transaction.of(
                                    List.of(),
                                    List.of(new Transaction.Put("node/1", bytes("x"), lease.id()))))
                    .join();
            copy(directory.resolve("live"), copy);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        try (EmbeddedMetadata store = EmbeddedMetadata.open(copy)) {
            Range range = store.range("").join();
            assertThat(range.entries()).extracting(Entry::key).containsExactly("kept");
            assertThat(range.revision()).isEqualTo(3);
        }
    }

    @Test
    void aSnapshotRestoredElsewhereIsTheSameStore() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<String> before;
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory.resolve("a"))) {
            Lease lease = store.lease(Duration.ofMinutes(1)).join();
            for (int i = 0; i < 200; i++) {
                store.put("k" + i % 90, bytes("v" + i)).join();
            }
            before = contents(store);
            store.commit(
                            Transaction.of(
                                    List.of(),
                                    List.of(new Transaction.Put("leased", bytes("x"), lease.id()))))
                    .join();
            assertThat(store.snapshot(out)).isEqualTo(201);
        }
        Path restored = directory.resolve("b");
        EmbeddedMetadata.restore(new ByteArrayInputStream(out.toByteArray()), restored);
        try (EmbeddedMetadata store = EmbeddedMetadata.open(restored)) {
            assertThat(contents(store)).isEqualTo(before);
            assertThat(store.put("next", bytes("1")).join()).isEqualTo(202);
        }
        assertThatThrownBy(
                        () ->
                                EmbeddedMetadata.restore(
                                        new ByteArrayInputStream(out.toByteArray()), restored))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("not empty");
    }

    @Test
    void aSnapshotTakenWhileOthersWriteIsOfOneRevision() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory.resolve("a"))) {
            List<CompletableFuture<?>> writes = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                writes.add(
                        store.commit(
                                Transaction.of(
                                        List.of(),
                                        List.of(
                                                new Transaction.Put("left", bytes("" + i), 0),
                                                new Transaction.Put("right", bytes("" + i), 0)))));
                if (i == 1_000) {
                    writes.get(500).join();
                    store.snapshot(out);
                }
            }
            writes.forEach(CompletableFuture::join);
        }
        EmbeddedMetadata.restore(
                new ByteArrayInputStream(out.toByteArray()), directory.resolve("b"));
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory.resolve("b"))) {
            Range range = store.range("").join();
            assertThat(range.entries()).hasSize(2);
            assertThat(range.entries())
                    .allSatisfy(e -> assertThat(e.modRevision()).isEqualTo(range.revision()));
            assertThat(range.entries().get(0).value()).isEqualTo(range.entries().get(1).value());
        }
    }

    @Test
    void everyDamagedSnapshotIsRefusedAndWhatItLeftTooIs() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (EmbeddedMetadata store = EmbeddedMetadata.open(directory.resolve("a"))) {
            store.put("key", bytes("value")).join();
            store.snapshot(out);
        }
        byte[] good = out.toByteArray();
        int round = 0;
        for (int i = 0; i < good.length; i += 3) {
            byte[] bad = good.clone();
            bad[i] ^= 0x41;
            refused(bad, directory.resolve("flip" + round++));
            refused(java.util.Arrays.copyOf(good, i), directory.resolve("cut" + round++));
        }
        assertThat(ByteBuffer.wrap(good).getInt()).isEqualTo(0x504d514d);
    }

    private static void refused(byte[] snapshot, Path into) {
        assertThatThrownBy(() -> EmbeddedMetadata.restore(new ByteArrayInputStream(snapshot), into))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("not a metadata snapshot");
        assertThatThrownBy(() -> EmbeddedMetadata.open(into))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("unfinished restore");
    }

    @Test
    void tooManyWaitingCommitsAreRefusedAndTheOthersHappen() {
        try (EmbeddedMetadata store =
                EmbeddedMetadata.open(directory, new EmbeddedMetadata.Limits(10, 1 << 20, 4))) {
            List<CompletableFuture<Long>> puts = new ArrayList<>();
            for (int i = 0; i < 5_000; i++) {
                puts.add(store.put("k" + i, bytes("1")));
            }
            int taken = 0;
            int refused = 0;
            for (CompletableFuture<Long> put : puts) {
                try {
                    put.join();
                    taken++;
                } catch (CompletionException e) {
                    assertThat(((MetadataException) e.getCause()).reason())
                            .isEqualTo(MetadataException.Reason.UNAVAILABLE);
                    refused++;
                }
            }
            assertThat(refused).isPositive();
            assertThat(store.range("").join().entries()).hasSize(taken);
        }
    }

    @Test
    void commitsMadeWhileClosingHappenOrAreRefused() {
        EmbeddedMetadata store = EmbeddedMetadata.open(directory);
        List<CompletableFuture<Long>> puts = new ArrayList<>();
        Thread closer = new Thread(store::close);
        for (int i = 0; i < 2_000; i++) {
            puts.add(store.put("k" + i, bytes("1")));
            if (i == 1_000) {
                closer.start();
            }
        }
        int taken = 0;
        for (CompletableFuture<Long> put : puts) {
            try {
                put.join();
                taken++;
            } catch (CompletionException e) {
                assertThat(((MetadataException) e.getCause()).reason())
                        .isEqualTo(MetadataException.Reason.CLOSED);
            }
        }
        store.close();
        try {
            closer.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        try (EmbeddedMetadata again = EmbeddedMetadata.open(directory)) {
            assertThat(again.range("").join().entries()).hasSize(taken);
        }
    }
}
