package io.polymq.meta.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataException.Reason;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.MetadataStore.Entry;
import io.polymq.meta.MetadataStore.Lease;
import io.polymq.meta.MetadataStore.Outcome;
import io.polymq.meta.MetadataStore.Range;
import io.polymq.meta.RecordingWatcher;
import io.polymq.meta.Transaction;
import io.polymq.meta.Transaction.Guard;
import io.polymq.meta.Transaction.Put;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("peer")
class EtcdFaultsTest {

    @TempDir Path directory;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static <T> T done(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static Reason reasonOf(CompletableFuture<?> future) throws Exception {
        try {
            done(future);
        } catch (ExecutionException e) {
            return ((MetadataException) e.getCause()).reason();
        }
        throw new AssertionError("it did not fail");
    }

    /** Counts up by guarded changes; an unknown outcome is settled by reading. */
    private static int countTo(EtcdMetadata store, int target, Runnable halfway) throws Exception {
        int unknown = 0;
        boolean told = false;
        while (true) {
            Entry now;
            try {
                now = done(store.get("n"));
            } catch (ExecutionException e) {
                assertThat(((MetadataException) e.getCause()).reason())
                        .isEqualTo(Reason.UNAVAILABLE);
                continue;
            }
            int n = now.isPresent() ? Integer.parseInt(new String(now.value())) : 0;
            if (n == target) {
                return unknown;
            }
            if (n >= target / 2 && !told) {
                told = true;
                halfway.run();
            }
            try {
                Outcome outcome =
                        done(
                                store.commit(
                                        Transaction.of(
                                                List.of(new Guard("n", now.modRevision())),
                                                List.of(new Put("n", bytes("" + (n + 1)), 0)))));
                assertThat(outcome.succeeded() || unknown > 0).isTrue();
            } catch (ExecutionException e) {
                Reason reason = ((MetadataException) e.getCause()).reason();
                assertThat(reason).isIn(Reason.UNKNOWN_OUTCOME, Reason.UNAVAILABLE);
                unknown++;
            }
        }
    }

    @Test
    void everyCommitSurvivesTheDeathOfOneOfThreeMembersAndWatchersMissNothing() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 3);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
                EtcdMetadata store =
                        EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "p/"), pool)) {
            RecordingWatcher watcher = new RecordingWatcher();
            store.watch("", 0, watcher);
            watcher.await(w -> w.resyncs() == 1);
            Lease lease = done(store.lease(Duration.ofSeconds(10)));
            countTo(
                    store,
                    200,
                    () -> {
                        try {
                            etcd.kill(0);
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                    });
            watcher.await(w -> "200".equals(w.state().get("n")));
            assertThat(watcher.heard()).hasSize(200);
            assertThat(watcher.broken()).isFalse();
            assertThat(watcher.resyncs()).isOne();
            assertThat(lease.ended()).isNotDone();
            etcd.restart(0);
            etcd.kill(1);
            countTo(store, 300, () -> {});
            watcher.await(w -> "300".equals(w.state().get("n")));
            assertThat(watcher.heard()).hasSize(300);
        }
    }

    @Test
    void aMemberThatHangsIsLeftForAnother() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 3);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
                EtcdMetadata store =
                        EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "p/"), pool)) {
            RecordingWatcher watcher = new RecordingWatcher();
            store.watch("", 0, watcher);
            watcher.await(w -> w.resyncs() == 1);
            done(store.put("a", bytes("1")));
            etcd.signal(0, "STOP");
            try {
                countTo(store, 20, () -> {});
                watcher.await(w -> "20".equals(w.state().get("n")));
                assertThat(watcher.broken()).isFalse();
            } finally {
                etcd.signal(0, "CONT");
            }
        }
    }

    @Test
    void aLeaseThatCannotBeRenewedIsOverHereBeforeItIsOverThere() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 1);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
                EtcdMetadata store =
                        EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "p/"), pool)) {
            Lease lease = done(store.lease(Duration.ofSeconds(3)));
            done(
                    store.commit(
                            Transaction.of(
                                    List.of(), List.of(new Put("mine", bytes("1"), lease.id())))));
            etcd.signal(0, "STOP");
            try {
                done(lease.ended());
            } finally {
                etcd.signal(0, "CONT");
            }
            RecordingWatcher watcher = new RecordingWatcher();
            store.watch("", 0, watcher);
            watcher.await(w -> w.resyncs() > 0 && w.state().isEmpty());
        }
    }

    @Test
    void aLeaseRevokedByAnotherIsNoticed() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 1);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
                EtcdMetadata store =
                        EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "p/"), pool)) {
            Lease lease = done(store.lease(Duration.ofSeconds(3)));
            etcd.ctl("lease", "revoke", Long.toHexString(lease.id()));
            done(lease.ended());
            Transaction late =
                    Transaction.of(List.of(), List.of(new Put("a", bytes("1"), lease.id())));
            assertThat(reasonOf(store.commit(late))).isEqualTo(Reason.NO_SUCH_LEASE);
        }
    }

    @Test
    void aLeaseLivesLongerThanItsTimeWhileItIsHeld() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 1);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
                EtcdMetadata store =
                        EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "p/"), pool)) {
            Lease held = done(store.lease(Duration.ofSeconds(2)));
            done(
                    store.commit(
                            Transaction.of(
                                    List.of(), List.of(new Put("mine", bytes("1"), held.id())))));
            etcd.ctl("put", "p/other", "x", "--lease=" + grantedElsewhere(etcd, 6));
            RecordingWatcher watcher = new RecordingWatcher();
            store.watch("", 0, watcher);
            watcher.await(w -> w.resyncs() > 0 && !w.state().containsKey("other"));
            assertThat(watcher.state()).containsKey("mine");
            assertThat(held.ended()).isNotDone();
        }
    }

    private static String grantedElsewhere(EtcdCluster etcd, int seconds) throws Exception {
        return etcd.ctl("lease", "grant", "" + seconds).split(" ")[1];
    }

    @Test
    void aWatcherGoesOnWhereItWasAfterEtcdWasKilledAndRestarted() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 1);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
                EtcdMetadata store =
                        EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "p/"), pool)) {
            RecordingWatcher watcher = new RecordingWatcher();
            long from = done(store.put("a", bytes("1"))) + 1;
            store.watch("", from, watcher);
            done(store.put("a", bytes("2")));
            watcher.await(w -> w.heard().size() == 1);
            etcd.kill(0);
            etcd.restart(0);
            int puts = putUntilAnswered(store, "a", "3");
            watcher.await(w -> "3".equals(w.state().get("a")));
            assertThat(watcher.heard()).hasSizeBetween(2, 1 + puts);
            assertThat(watcher.broken()).isFalse();
        }
    }

    /** The connection that died with etcd may take an answer with it; how many puts it took. */
    private static int putUntilAnswered(EtcdMetadata store, String key, String value)
            throws Exception {
        for (int puts = 1; ; puts++) {
            try {
                done(store.put(key, bytes(value)));
                return puts;
            } catch (ExecutionException lost) {
                assertThat(lost).hasCauseInstanceOf(MetadataException.class);
                assertThat(puts).isLessThan(10);
            }
        }
    }

    @Test
    void nobodyAnsweringIsSaidSoAndNotSentTwice() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 1);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN)) {
            EtcdSettings hasty =
                    new EtcdSettings(
                            etcd.endpoints(),
                            "p/",
                            null,
                            null,
                            Duration.ofMillis(500),
                            Duration.ofSeconds(2),
                            4);
            try (EtcdMetadata store = EtcdMetadata.open(hasty, pool)) {
                long before = done(store.put("a", bytes("1")));
                etcd.signal(0, "STOP");
                CompletableFuture<Long> lost = store.put("a", bytes("2"));
                assertThat(reasonOf(lost)).isEqualTo(Reason.UNKNOWN_OUTCOME);
                etcd.signal(0, "CONT");
                RecordingWatcher watcher = new RecordingWatcher();
                store.watch("", 0, watcher);
                watcher.await(w -> w.resyncs() == 1);
                assertThat(done(store.range("")).revision()).isBetween(before, before + 1);
                etcd.kill(0);
                assertThat(reasonOf(store.get("a"))).isEqualTo(Reason.UNAVAILABLE);
                assertThat(reasonOf(store.put("a", bytes("3")))).isEqualTo(Reason.UNAVAILABLE);
                List<CompletableFuture<Entry>> many =
                        IntStream.range(0, 5).mapToObj(i -> store.get("a")).toList();
                assertThat(many.get(4)).isCompletedExceptionally();
                for (CompletableFuture<Entry> one : many) {
                    assertThat(reasonOf(one)).isEqualTo(Reason.UNAVAILABLE);
                }
                etcd.restart(0);
                try (EtcdMetadata patient =
                        EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "p/"), pool)) {
                    done(patient.put("b", bytes("4")));
                    assertThat(done(patient.get("a")).value()).isNotEqualTo(bytes("3"));
                }
                watcher.await(w -> w.state().containsKey("b"));
                assertThat(watcher.broken()).isFalse();
            }
        }
    }

    @Test
    void aWatcherTooSlowForTheHistoryHearsTheState() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 1);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
                EtcdMetadata store =
                        EtcdMetadata.open(EtcdSettings.of(etcd.endpoints(), "p/"), pool)) {
            CountDownLatch release = new CountDownLatch(1);
            RecordingWatcher watcher = new RecordingWatcher();
            store.watch(
                    "",
                    0,
                    new MetadataStore.Watcher() {
                        @Override
                        public void changed(List<MetadataStore.Change> changes, long revision) {
                            try {
                                release.await();
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                            watcher.changed(changes, revision);
                        }

                        @Override
                        public void resync(Range state) {
                            watcher.resync(state);
                        }
                    });
            watcher.await(w -> w.resyncs() == 1);
            for (int i = 0; i < 150; i++) {
                done(store.put("k" + i, new byte[400_000]));
            }
            done(store.put("last", bytes("1")));
            etcd.ctl("compact", "" + done(store.range("last")).revision());
            release.countDown();
            watcher.await(w -> w.state().containsKey("last"));
            assertThat(watcher.resyncs()).isGreaterThan(1);
            assertThat(watcher.heard()).hasSizeLessThan(151);
            assertThat(watcher.state()).hasSize(151);
            assertThat(watcher.broken()).isFalse();
        }
    }

    @Test
    void aPasswordIsUsedAndAWrongOneRefused() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.start(directory, 1);
                ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN)) {
            etcd.ctl("user", "add", "root:secret");
            etcd.ctl("user", "grant-role", "root", "root");
            etcd.ctl("auth", "enable");
            EtcdSettings settings = EtcdSettings.of(etcd.endpoints(), "p/");
            try (EtcdMetadata store = EtcdMetadata.open(settings.as("root", "secret"), pool)) {
                RecordingWatcher watcher = new RecordingWatcher();
                store.watch("", 0, watcher);
                done(store.put("a", bytes("1")));
                watcher.await(w -> w.state().containsKey("a"));
                Lease lease = done(store.lease(Duration.ofSeconds(5)));
                lease.close();
                done(lease.ended());
            }
            try (EtcdMetadata store = EtcdMetadata.open(settings.as("root", "wrong"), pool)) {
                assertThat(reasonOf(store.get("a"))).isEqualTo(Reason.REFUSED);
            }
            try (EtcdMetadata store = EtcdMetadata.open(settings, pool)) {
                assertThat(reasonOf(store.get("a"))).isEqualTo(Reason.REFUSED);
            }
            assertThat(settings.as("root", "secret").toString()).doesNotContain("secret");
        }
    }
}
