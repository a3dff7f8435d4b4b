package io.polymq.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.meta.MetadataStore.Entry;
import io.polymq.meta.MetadataStore.Lease;
import io.polymq.meta.MetadataStore.Outcome;
import io.polymq.meta.MetadataStore.Range;
import io.polymq.meta.Transaction.Delete;
import io.polymq.meta.Transaction.DeletePrefix;
import io.polymq.meta.Transaction.Guard;
import io.polymq.meta.Transaction.Operation;
import io.polymq.meta.Transaction.Put;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every driver promises. */
public abstract class MetadataContract {

    protected MetadataStore store;

    protected abstract MetadataStore openStore() throws Exception;

    /** Forgets the history up to now. */
    protected abstract void compact() throws Exception;

    @BeforeEach
    void open() throws Exception {
        store = openStore();
    }

    @AfterEach
    void close() {
        store.close();
    }

    protected static <T> T done(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    protected static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    protected Outcome commit(List<Guard> guards, Operation... operations) {
        return done(store.commit(Transaction.of(guards, List.of(operations))));
    }

    private static MetadataException.Reason reasonOf(CompletableFuture<?> future) {
        try {
            done(future);
        } catch (MetadataException e) {
            return e.reason();
        }
        throw new AssertionError("it did not fail");
    }

    @Test
    void whatWasPutIsThere() {
        long revision = done(store.put("a/b", bytes("one")));
        Entry entry = done(store.get("a/b"));
        assertThat(entry.isPresent()).isTrue();
        assertThat(entry.key()).isEqualTo("a/b");
        assertThat(entry.value()).isEqualTo(bytes("one"));
        assertThat(entry.createRevision()).isEqualTo(revision);
        assertThat(entry.modRevision()).isEqualTo(revision);
        assertThat(entry.lease()).isZero();
    }

    @Test
    void whatWasNeverPutIsAbsent() {
        assertThat(done(store.get("nothing")).isPresent()).isFalse();
    }

    @Test
    void valuesAreAnyBytesAndKeysAnyText() {
        byte[] value = new byte[100_000];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) (i * 31);
        }
        done(store.put("schlüssel/\u4e16\u754c/\ud83d\ude80", value));
        done(store.put("empty", new byte[0]));
        assertThat(done(store.get("schlüssel/\u4e16\u754c/\ud83d\ude80")).value()).isEqualTo(value);
        assertThat(done(store.get("empty")).isPresent()).isTrue();
        assertThat(done(store.get("empty")).value()).isEmpty();
    }

    @Test
    void everyChangeGetsTheNextRevision() {
        long first = done(store.put("a", bytes("1")));
        assertThat(done(store.put("a", bytes("1")))).isEqualTo(first + 1);
        assertThat(done(store.put("b", bytes("2")))).isEqualTo(first + 2);
        assertThat(done(store.delete("a"))).isEqualTo(first + 3);
        assertThat(commit(List.of(), new Put("c", bytes("3"), 0), new Put("d", bytes("4"), 0)))
                .isEqualTo(new Outcome(true, first + 4));
    }

    @Test
    void whatChangesNothingGetsNoRevision() {
        long revision = done(store.put("a", bytes("1")));
        assertThat(done(store.delete("b"))).isEqualTo(revision);
        assertThat(commit(List.of(), new DeletePrefix("c"))).isEqualTo(new Outcome(true, revision));
        assertThat(commit(List.of(new Guard("a", 0)), new Put("a", bytes("2"), 0)))
                .isEqualTo(new Outcome(false, revision));
        assertThat(commit(List.of(new Guard("a", revision))))
                .isEqualTo(new Outcome(true, revision));
    }

    @Test
    void aKeyKeepsTheRevisionOfItsCreationUntilItIsDeleted() {
        long created = done(store.put("a", bytes("1")));
        long changed = done(store.put("a", bytes("2")));
        assertThat(done(store.get("a")).createRevision()).isEqualTo(created);
        assertThat(done(store.get("a")).modRevision()).isEqualTo(changed);
        done(store.delete("a"));
        long again = done(store.put("a", bytes("3")));
        assertThat(done(store.get("a")).createRevision()).isEqualTo(again);
    }

    @Test
    void aRangeHoldsWhatBeginsWithItsPrefixInKeyOrder() {
        for (String key : List.of("u/b", "u/", "u/a", "u", "u/a/x", "v", "t", "u/\u00e9")) {
            done(store.put(key, bytes(key)));
        }
        long revision = done(store.put("zz", bytes("z")));
        Range range = done(store.range("u/"));
        assertThat(range.entries())
                .extracting(Entry::key)
                .containsExactly("u/", "u/a", "u/a/x", "u/b", "u/\u00e9");
        assertThat(range.revision()).isEqualTo(revision);
        assertThat(done(store.range("")).entries()).hasSize(9);
        assertThat(done(store.range("none")).entries()).isEmpty();
    }

    @Test
    void aLargeRangeComesWhole() {
        List<CompletableFuture<Long>> puts = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            puts.add(store.put("n/%05d".formatted(i), new byte[500]));
        }
        puts.forEach(MetadataContract::done);
        assertThat(done(store.range("n/")).entries())
                .extracting(Entry::key)
                .hasSize(2_500)
                .isSorted();
    }

    @Test
    void aTransactionHappensWholeOrNotAtAll() {
        long a = done(store.put("a", bytes("1")));
        Outcome refused =
                commit(
                        List.of(new Guard("a", a), new Guard("b", a)),
                        new Put("x", bytes("x"), 0),
                        new Delete("a"));
        assertThat(refused.succeeded()).isFalse();
        assertThat(done(store.get("x")).isPresent()).isFalse();
        Outcome taken =
                commit(
                        List.of(new Guard("a", a), new Guard("b", 0)),
                        new Put("x", bytes("x"), 0),
                        new Put("y", bytes("y"), 0),
                        new Delete("a"));
        assertThat(taken.succeeded()).isTrue();
        assertThat(done(store.get("x")).modRevision()).isEqualTo(taken.revision());
        assertThat(done(store.get("y")).modRevision()).isEqualTo(taken.revision());
        assertThat(done(store.get("a")).isPresent()).isFalse();
    }

    @Test
    void aPrefixIsDeletedAtOnce() {
        done(store.put("p/1", bytes("1")));
        done(store.put("p/2", bytes("2")));
        done(store.put("q", bytes("3")));
        Outcome outcome = commit(List.of(), new DeletePrefix("p/"), new Put("q/1", bytes("4"), 0));
        assertThat(done(store.range("")).entries())
                .extracting(Entry::key)
                .containsExactly("q", "q/1");
        assertThat(done(store.range("")).revision()).isEqualTo(outcome.revision());
    }

    @Test
    void aTransactionIsBounded() {
        List<Operation> many = new ArrayList<>();
        for (int i = 0; i <= Transaction.MAX_OPERATIONS; i++) {
            many.add(new Delete("k" + i));
        }
        assertThatThrownBy(() -> Transaction.of(List.of(), many))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128");
        many.removeLast();
        assertThat(done(store.commit(Transaction.of(List.of(), many))).succeeded()).isTrue();
        assertThatThrownBy(() -> store.put("big", new byte[Transaction.MAX_BYTES]))
                .isInstanceOf(IllegalArgumentException.class);
        done(store.put("big", new byte[Transaction.MAX_BYTES - 3]));
        assertThatThrownBy(() -> commit(List.of(), new Delete("a"), new Put("a", bytes("1"), 0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () ->
                                commit(
                                        List.of(),
                                        new DeletePrefix("a"),
                                        new Put("ab", bytes("1"), 0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void guardedCountersLoseNoIncrement() throws Exception {
        done(store.put("n", bytes("0")));
        int threads = 8;
        int each = 25;
        CountDownLatch ended = new CountDownLatch(threads);
        try (var pool = Executors.newFixedThreadPool(threads)) {
            for (int t = 0; t < threads; t++) {
                pool.execute(
                        () -> {
                            for (int i = 0; i < each; ) {
                                Entry now = done(store.get("n"));
                                int n = Integer.parseInt(new String(now.value()));
                                if (commit(
                                                List.of(new Guard("n", now.modRevision())),
                                                new Put("n", bytes("" + (n + 1)), 0))
                                        .succeeded()) {
                                    i++;
                                }
                            }
                            ended.countDown();
                        });
            }
            assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(done(store.get("n")).value()).isEqualTo(bytes("" + threads * each));
    }

    @Test
    void anAnswerMayBeFollowedByABlockingCall() {
        CompletableFuture<Long> second =
                store.put("a", bytes("1")).thenApply(r -> store.put("b", bytes("2")).join());
        assertThat(done(second)).isGreaterThan(done(store.get("a")).modRevision());
    }

    @Test
    void aWatcherHearsWhatChangesFromItsRevisionOn() {
        done(store.put("w/a", bytes("0")));
        long from = done(store.put("w/a", bytes("1")));
        done(store.put("other", bytes("x")));
        long two =
                commit(List.of(), new Put("w/b", bytes("2"), 0), new Put("w/c", bytes("3"), 0))
                        .revision();
        RecordingWatcher watcher = new RecordingWatcher();
        store.watch("w/", from, watcher);
        long gone = done(store.delete("w/a"));
        watcher.await(w -> w.heard().size() == 3);
        assertThat(watcher.heard())
                .extracting(RecordingWatcher.Heard::revision)
                .containsExactly(from, two, gone);
        assertThat(watcher.heard().get(0).keys()).containsExactly("+w/a");
        assertThat(watcher.heard().get(1).keys()).containsExactlyInAnyOrder("+w/b", "+w/c");
        assertThat(watcher.heard().get(2).keys()).containsExactly("-w/a");
        assertThat(watcher.resyncs()).isZero();
        assertThat(watcher.broken()).isFalse();
    }

    @Test
    void aWatcherFromZeroHearsTheStateFirst() {
        done(store.put("w/a", bytes("1")));
        done(store.put("x", bytes("1")));
        RecordingWatcher watcher = new RecordingWatcher();
        store.watch("w/", 0, watcher);
        watcher.await(w -> w.resyncs() == 1);
        assertThat(watcher.state()).containsOnlyKeys("w/a");
        done(store.put("w/b", bytes("2")));
        watcher.await(w -> w.state().size() == 2);
        assertThat(watcher.heard()).hasSize(1);
        assertThat(watcher.broken()).isFalse();
    }

    @Test
    void aWatcherOfTheFutureWaitsForIt() {
        long now = done(store.put("w/a", bytes("1")));
        RecordingWatcher watcher = new RecordingWatcher();
        store.watch("w/", now + 2, watcher);
        done(store.put("w/b", bytes("2")));
        long heard = done(store.put("w/c", bytes("3")));
        watcher.await(w -> !w.heard().isEmpty());
        assertThat(watcher.heard().getFirst().revision()).isEqualTo(heard);
    }

    @Test
    void aWatcherOfForgottenRevisionsHearsTheState() throws Exception {
        long from = done(store.put("w/a", bytes("1")));
        done(store.put("w/a", bytes("2")));
        done(store.put("w/b", bytes("3")));
        done(store.delete("w/b"));
        compact();
        RecordingWatcher watcher = new RecordingWatcher();
        store.watch("w/", from, watcher);
        watcher.await(w -> w.resyncs() > 0);
        assertThat(watcher.state()).containsEntry("w/a", "2").doesNotContainKey("w/b");
        done(store.put("w/c", bytes("4")));
        watcher.await(w -> w.state().containsKey("w/c"));
        assertThat(watcher.broken()).isFalse();
    }

    @Test
    void manyWatchersHearEverythingInOrderWhileManyWrite() {
        List<RecordingWatcher> watchers = new ArrayList<>();
        long from = done(store.put("w/start", bytes("0"))) + 1;
        for (int i = 0; i < 5; i++) {
            RecordingWatcher watcher = new RecordingWatcher();
            watchers.add(watcher);
            store.watch("w/", from, watcher);
        }
        List<CompletableFuture<Long>> puts = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            puts.add(store.put("w/" + i % 50, bytes("" + i)));
        }
        List<Long> revisions = puts.stream().map(MetadataContract::done).sorted().toList();
        for (RecordingWatcher watcher : watchers) {
            watcher.await(w -> w.heard().size() == 500);
            assertThat(watcher.heard())
                    .extracting(RecordingWatcher.Heard::revision)
                    .containsExactlyElementsOf(revisions);
            assertThat(watcher.broken()).isFalse();
        }
    }

    @Test
    void aSlowWatcherHoldsUpNobodyAndEndsUpRight() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        RecordingWatcher recorded = new RecordingWatcher();
        store.watch(
                "w/",
                0,
                new MetadataStore.Watcher() {
                    @Override
                    public void changed(List<MetadataStore.Change> changes, long revision) {
                        stuck.countDown();
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        recorded.changed(changes, revision);
                    }

                    @Override
                    public void resync(Range state) {
                        recorded.resync(state);
                    }
                });
        recorded.await(w -> w.resyncs() == 1);
        RecordingWatcher quick = new RecordingWatcher();
        store.watch("w/", 0, quick);
        quick.await(w -> w.resyncs() == 1);
        done(store.put("w/0", bytes("first")));
        stuck.await();
        List<CompletableFuture<Long>> puts = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            puts.add(store.put("w/" + i % 40, bytes("" + i)));
        }
        puts.forEach(MetadataContract::done);
        done(store.put("w/last", bytes("1")));
        quick.await(w -> w.state().containsKey("w/last"));
        release.countDown();
        recorded.await(w -> w.state().equals(quick.state()));
        assertThat(recorded.broken()).isFalse();
    }

    @Test
    void aClosedWatchHearsNoMore() {
        RecordingWatcher watcher = new RecordingWatcher();
        RecordingWatcher other = new RecordingWatcher();
        MetadataStore.Watch watch = store.watch("w/", 0, watcher);
        store.watch("w/", 0, other);
        watcher.await(w -> w.resyncs() == 1);
        other.await(w -> w.resyncs() == 1);
        watch.close();
        done(store.put("w/a", bytes("1")));
        other.await(w -> w.heard().size() == 1);
        assertThat(watcher.heard()).isEmpty();
    }

    @Test
    void aFailingWatcherIsCalledAgain() {
        List<Long> calls = java.util.Collections.synchronizedList(new ArrayList<>());
        RecordingWatcher after = new RecordingWatcher();
        store.watch(
                "w/",
                0,
                new MetadataStore.Watcher() {
                    @Override
                    public void changed(List<MetadataStore.Change> changes, long revision) {
                        calls.add(revision);
                        if (calls.size() == 1) {
                            throw new IllegalStateException("a watcher that fails once");
                        }
                        after.changed(changes, revision);
                    }

                    @Override
                    public void resync(Range state) {
                        after.resync(state);
                    }
                });
        after.await(w -> w.resyncs() == 1);
        done(store.put("w/a", bytes("1")));
        done(store.put("w/b", bytes("2")));
        after.await(w -> w.heard().size() == 1);
        assertThat(calls).hasSize(2);
    }

    @Test
    void whatHangsOnALeaseGoesWithIt() {
        Lease lease = done(store.lease(Duration.ofSeconds(5)));
        done(store.put("kept", bytes("0")));
        commit(
                List.of(),
                new Put("l/a", bytes("1"), lease.id()),
                new Put("l/b", bytes("2"), lease.id()));
        assertThat(done(store.get("l/a")).lease()).isEqualTo(lease.id());
        done(store.put("l/b", bytes("3")));
        RecordingWatcher watcher = new RecordingWatcher();
        store.watch("", done(store.range("")).revision() + 1, watcher);
        assertThat(lease.ended()).isNotDone();
        lease.close();
        done(lease.ended());
        watcher.await(w -> w.heard().size() == 1);
        assertThat(watcher.heard().getFirst().keys()).containsExactly("-l/a");
        assertThat(done(store.range("")).entries())
                .extracting(Entry::key)
                .containsExactly("kept", "l/b");
        assertThat(done(store.get("l/b")).lease()).isZero();
    }

    @Test
    void nothingIsPutUnderALeaseThatEnded() {
        Lease lease = done(store.lease(Duration.ofSeconds(5)));
        long revision = done(store.put("a", bytes("1")));
        lease.close();
        lease.close();
        done(lease.ended());
        Transaction late =
                Transaction.of(
                        List.of(),
                        List.of(new Put("b", bytes("1"), 0), new Put("c", bytes("1"), lease.id())));
        assertThat(reasonOf(store.commit(late))).isEqualTo(MetadataException.Reason.NO_SUCH_LEASE);
        assertThat(done(store.range("")).entries()).extracting(Entry::key).containsExactly("a");
        assertThat(done(store.range("")).revision()).isEqualTo(revision);
    }

    @Test
    void twoLeasesAreTwo() {
        Lease first = done(store.lease(Duration.ofSeconds(5)));
        Lease second = done(store.lease(Duration.ofSeconds(5)));
        assertThat(first.id()).isNotEqualTo(second.id());
        commit(List.of(), new Put("a", bytes("1"), first.id()));
        commit(List.of(), new Put("a", bytes("1"), second.id()));
        first.close();
        done(store.put("after", bytes("1")));
        assertThat(done(store.get("a")).lease()).isEqualTo(second.id());
        assertThat(second.ended()).isNotDone();
    }

    @Test
    void aClosedStoreSaysSo() {
        Lease lease = done(store.lease(Duration.ofSeconds(5)));
        store.close();
        store.close();
        done(lease.ended());
        assertThat(reasonOf(store.put("a", bytes("1")))).isEqualTo(MetadataException.Reason.CLOSED);
        assertThat(reasonOf(store.get("a"))).isEqualTo(MetadataException.Reason.CLOSED);
        assertThat(reasonOf(store.range(""))).isEqualTo(MetadataException.Reason.CLOSED);
        assertThat(reasonOf(store.lease(Duration.ofSeconds(5))))
                .isEqualTo(MetadataException.Reason.CLOSED);
        assertThatThrownBy(() -> store.watch("", 0, new RecordingWatcher()))
                .isInstanceOf(MetadataException.class);
    }
}
