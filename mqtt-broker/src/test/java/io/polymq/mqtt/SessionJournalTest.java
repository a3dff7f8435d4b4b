package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.polymq.conformance.AllowAll;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.service.SlowConsumers;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.subject.Subject;
import io.polymq.network.ShutdownBroadcast;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How messages become records of the journal. */
class SessionJournalTest {

    private final EventExecutor executor = new DefaultEventExecutor();
    private ShardStore shards;
    private final LaterMessages later = new LaterMessages();
    private Session session;
    private Shard shard;
    private SessionJournal journal;

    @BeforeEach
    void open() throws IOException {
        shards =
                ShardStores.open(
                        new StorageParams(
                                Path.of("target"),
                                InMemory.CONFIG,
                                Clock.systemUTC(),
                                new PrometheusRegistry()));
        shard = shards.create("journal", ShardSpec.DEFAULT).join();
        journal = new SessionJournal(shard, Durability.SYNC, Clock.systemUTC(), executor);
        session = session();
    }

    @AfterEach
    void close() {
        later.close();
        executor.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        shards.close();
    }

    private Session session() {
        MqttShared shared =
                new MqttShared(
                        new MqttBrokerServerParams(
                                MqttSettings.DEFAULT,
                                new TrieRouter(TrieRouter.Limits.DEFAULT, 42),
                                new AllowAll(),
                                new MemoryRetained(),
                                later,
                                null,
                                new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime),
                                new PrometheusRegistry(),
                                Clock.systemUTC(),
                                TenantLimits.NONE,
                                null,
                                new SlowConsumers(
                                        SlowConsumers.Settings.DEFAULT, Clock.systemUTC())),
                        executor,
                        executor);
        return new Session(
                shared,
                new SessionKey(Principal.ANONYMOUS.tenant(), "s"),
                1,
                shared.background(),
                Principal.ANONYMOUS,
                new Credentials.Peer("tcp", new InetSocketAddress("127.0.0.1", 1), "", null),
                0);
    }

    private static KeptMessage message(String text) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        return new Message()
                .begin(Subject.ofDotted("news"), payload, 0, payload.length)
                .header(MqttHeader.CODEC, new byte[0], 0, 0, 1)
                .keep();
    }

    private OwedShare share(long number) {
        return new OwedShare(session, number, 1, false, 0, false);
    }

    /** Everything that was said so far was looked at. */
    private void settle() {
        executor.submit(() -> {}).awaitUninterruptibly();
    }

    private List<JournalCodec.Stored> stored() throws IOException {
        List<JournalCodec.Stored> found = new ArrayList<>();
        journal.recover(
                (offset, timestamp, event) -> {
                    if (event instanceof JournalCodec.Stored one) {
                        found.add(one);
                    }
                });
        return found;
    }

    @Test
    void aMessageIsOneRecordHoweverLongItsPublisherTakesToNameTheSessions() throws IOException {
        KeptMessage news = message("news");
        KeptMessage other = message("other");
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt = new Receipt(failure -> safe.complete(null));
        Receipt otherReceipt = new Receipt(failure -> {});
        for (int i = 0; i < 1000; i++) {
            journal.write(share(i), news, receipt);
            if (i % 100 == 0) {
                settle(); // the journal has nothing more to do, and must wait all the same
            }
            if (i == 500) {
                journal.write(share(5000), other, otherReceipt);
                otherReceipt.seal();
            }
        }
        receipt.forward(); // a session of another thread
        receipt.seal();
        settle();
        journal.write(share(1000), news, receipt);
        assertThat(safe).isNotDone();
        receipt.forwarded();
        safe.orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(stored()).extracting(one -> one.owed().size()).containsExactly(1, 1001);
    }

    @Test
    void aMessageForWhichNobodyWaitsIsWrittenSoon() throws IOException {
        KeptMessage news = message("news");
        journal.write(share(1), news, null);
        journal.write(share(2), news, null);
        CompletableFuture<Void> there = new CompletableFuture<>();
        shard.watchEnd(0, () -> there.complete(null));
        there.orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(stored()).hasSize(1);
    }

    @Test
    void whatIsStillBeingNamedIsWrittenWhenTheBrokerEnds() throws IOException {
        Receipt unsealed = new Receipt(failure -> {});
        journal.write(share(1), message("news"), unsealed);
        journal.flush().orTimeout(10, TimeUnit.SECONDS).join();
        unsealed.seal();
        journal.flush().orTimeout(10, TimeUnit.SECONDS).join();
        assertThat(stored()).hasSize(1);
    }
}
