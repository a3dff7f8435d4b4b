package io.polymq.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.meta.MetadataStore.Entry;
import io.polymq.meta.MetadataStore.Range;
import io.polymq.meta.MetadataStore.Watch;
import io.polymq.meta.MetadataStore.Watcher;
import io.polymq.meta.embedded.EmbeddedMetadata;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeCacheTest {

    @TempDir Path directory;
    private EmbeddedMetadata store;
    private NodeCache cache;

    @BeforeEach
    void open() {
        store = EmbeddedMetadata.open(directory);
        cache = new NodeCache(store);
    }

    @AfterEach
    void close() {
        cache.close();
        store.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private CachedView<Integer> numbers() {
        return cache.view(
                "n/", (name, value) -> Integer.parseInt(new String(value, StandardCharsets.UTF_8)));
    }

    private long put(String key, String value) {
        return store.put(key, bytes(value)).join();
    }

    @Test
    void aViewBeginsWithWhatIsThereAndFollowsIt() {
        put("n/a", "1");
        put("other", "x");
        CachedView<Integer> view = numbers();
        view.ready().orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(view.get("a")).isEqualTo(1);
        long revision = put("n/b", "2");
        view.reached(revision).orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(view.get("b")).isEqualTo(2);
        assertThat(view.versioned("b").modRevision()).isEqualTo(revision);
        view.reached(store.delete("n/a").join()).join();
        assertThat(view.get("a")).isNull();
        assertThat(view.all()).containsOnlyKeys("b");
    }

    @Test
    void namesThatBeginAlikeAreFoundTogether() {
        put("n/x/1", "1");
        put("n/x/2", "2");
        put("n/xx", "3");
        CachedView<Integer> view = numbers();
        view.ready().join();
        assertThat(view.beginningWith("x/")).containsOnlyKeys("x/1", "x/2");
        assertThat(view.size()).isEqualTo(3);
    }

    @Test
    void listenersHearWhatWasAndWhatIs() {
        CachedView<Integer> view = numbers();
        view.ready().join();
        List<String> heard = new ArrayList<>();
        AutoCloseable listening =
                view.listen((name, before, after) -> heard.add(name + before + ">" + after));
        view.listen(
                (name, before, after) -> {
                    throw new IllegalStateException("a listener that fails");
                });
        put("n/a", "1");
        put("n/a", "2");
        view.reached(store.delete("n/a").join()).join();
        assertThat(heard).containsExactly("anull>1", "a1>2", "a2>null");
        try {
            listening.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        view.reached(put("n/a", "3")).join();
        assertThat(heard).hasSize(3);
    }

    @Test
    void anEntryThatIsNotUnderstoodIsLeftOutAlone() {
        put("n/bad", "zwei");
        put("n/good", "2");
        CachedView<Integer> view = numbers();
        view.ready().join();
        assertThat(view.all()).containsOnlyKeys("good");
        view.reached(put("n/bad", "3")).join();
        assertThat(view.get("bad")).isEqualTo(3);
        view.reached(put("n/good", "drei")).join();
        assertThat(view.all()).containsOnlyKeys("bad");
    }

    @Test
    void aReaderNeverWaitsForAWriterThatIsStuck() throws Exception {
        put("n/a", "1");
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        CachedView<Integer> view =
                cache.view(
                        "n/",
                        (name, value) -> {
                            if (name.equals("slow")) {
                                stuck.countDown();
                                release.await();
                            }
                            return value.length;
                        });
        view.ready().join();
        put("n/slow", "1");
        stuck.await();
        assertThat(view.get("a")).isEqualTo(1);
        assertThat(view.get("slow")).isNull();
        CompletableFuture<Void> later = view.reached(put("n/b", "22"));
        assertThat(later).isNotDone();
        release.countDown();
        later.orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(view.get("b")).isEqualTo(2);
    }

    @Test
    void aResyncChangesOnlyWhatDiffers() {
        AtomicReference<Watcher> watcher = new AtomicReference<>();
        MetadataStore scripted =
                (MetadataStore)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {MetadataStore.class},
                                (proxy, method, arguments) -> {
                                    watcher.set((Watcher) arguments[2]);
                                    return (Watch) () -> {};
                                });
        CachedView<String> view =
                new NodeCache(scripted).view("k/", (name, value) -> new String(value));
        watcher.get()
                .resync(
                        new Range(
                                List.of(
                                        new Entry("k/a", bytes("1"), 1, 1, 0),
                                        new Entry("k/b", bytes("2"), 2, 2, 0),
                                        new Entry("k/c", bytes("3"), 3, 3, 0)),
                                3));
        List<String> heard = new ArrayList<>();
        view.listen((name, before, after) -> heard.add(name + ":" + before + ">" + after));
        watcher.get()
                .resync(
                        new Range(
                                List.of(
                                        new Entry("k/a", bytes("1"), 1, 1, 0),
                                        new Entry("k/b", bytes("9"), 2, 7, 0),
                                        new Entry("k/d", bytes("4"), 8, 8, 0)),
                                9));
        assertThat(heard).containsExactly("b:2>9", "d:null>4", "c:3>null");
        assertThat(view.revision()).isEqualTo(9);
    }

    @Test
    void aClosedViewIsReadableAndNothingWaitsForItAnyLonger() {
        put("n/a", "1");
        CachedView<Integer> view = numbers();
        view.ready().join();
        CompletableFuture<Void> never = view.reached(1_000);
        cache.close();
        assertThatThrownBy(never::join).hasCauseInstanceOf(MetadataException.class);
        assertThat(view.get("a")).isEqualTo(1);
    }
}
