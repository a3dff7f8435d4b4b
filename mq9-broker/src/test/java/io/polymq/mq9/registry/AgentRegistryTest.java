package io.polymq.mq9.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.MemoryMetadata;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is registered while the registry is still being loaded. */
@Timeout(60)
class AgentRegistryTest {

    private static final String OLD = "paints houses";
    private static final String NEW = "cooks soup";

    private final MemoryMetadata metadata = new MemoryMetadata();
    private final NodeCache cache = new NodeCache(metadata);
    private final CountDownLatch loading = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    @AfterEach
    void close() {
        go.countDown();
        cache.close();
        metadata.close();
    }

    /** Takes its time over the first card. */
    private final class SlowEmbedder implements Embedder {
        private final Embedder quick = new NgramEmbedder();

        @Override
        public int dimensions() {
            return quick.dimensions();
        }

        @Override
        public float[] embed(String text) {
            if (text.contains(OLD)) {
                loading.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return quick.embed(text);
        }
    }

    private AgentRegistry registry(Embedder embedder) {
        return new AgentRegistry(
                cache,
                embedder,
                InstantSource.system(),
                new AgentRegistry.Limits(10, Duration.ofMinutes(1), Duration.ZERO));
    }

    private static Agent agent(String info) {
        return new Agent("t", "a", "u", info, null, 0, info, List.of(new Weighted(info, 1)));
    }

    private AgentRegistry beingLoaded() throws InterruptedException {
        AgentRegistry before = registry(new NgramEmbedder());
        before.load();
        before.register(agent(OLD), false).join();
        AgentRegistry registry = registry(new SlowEmbedder());
        while (registry.size() == 0) {
            Thread.onSpinWait();
        }
        Thread.startVirtualThread(registry::load);
        assertThat(loading.await(20, TimeUnit.SECONDS)).isTrue();
        return registry;
    }

    private static List<String> found(AgentRegistry registry) {
        return registry
                .discover(new AgentRegistry.Search("t", null, null, false, 10, 1))
                .hits()
                .stream()
                .map(hit -> hit.agent().info())
                .toList();
    }

    @Test
    void aNewCardIsNotReplacedByTheOldOne() throws InterruptedException {
        AgentRegistry registry = beingLoaded();
        registry.register(agent(NEW), false).join();
        go.countDown();
        assertThat(found(registry)).containsExactly(NEW);
    }

    @Test
    void whoHasLeftDoesNotComeBack() throws InterruptedException {
        AgentRegistry registry = beingLoaded();
        registry.unregister("t", "a", "u", false).join();
        go.countDown();
        assertThat(found(registry)).isEmpty();
    }
}
