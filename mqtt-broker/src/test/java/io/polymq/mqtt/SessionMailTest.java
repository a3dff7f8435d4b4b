package io.polymq.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.polymq.conformance.AllowAll;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.service.SlowConsumers;
import io.polymq.core.service.TenantLimits;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Subject;
import io.polymq.network.ShutdownBroadcast;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What publishers of other threads hand in to a session that moves. */
class SessionMailTest {

    private final EventExecutor first = new DefaultEventExecutor();
    private final EventExecutor second = new DefaultEventExecutor();
    private final LaterMessages later = new LaterMessages();

    @AfterEach
    void close() {
        later.close();
        first.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        second.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private Session session(SessionZone zone, TrieRouter router) {
        MqttShared shared =
                new MqttShared(
                        new MqttBrokerServerParams(
                                MqttSettings.DEFAULT,
                                router,
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
                        first,
                        first);
        Session session =
                new Session(
                        shared,
                        new SessionKey(Principal.ANONYMOUS.tenant(), "s"),
                        1,
                        zone,
                        Principal.ANONYMOUS,
                        new Credentials.Peer(
                                "tcp", new InetSocketAddress("127.0.0.1", 1), "", null),
                        0);
        session.expirySeconds(Session.FOREVER);
        return session;
    }

    private static boolean publish(Session session, MqttSubscription to, String text) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        Message message =
                new Message()
                        .begin(Subject.ofDotted("news"), payload, 0, payload.length)
                        .header(MqttHeader.CODEC, new byte[0], 0, 0, 1);
        return session.deliver(message, to, 1);
    }

    /** Everything that was handed to the executor is done. */
    private static void settle(EventExecutor executor) {
        executor.submit(() -> {}).awaitUninterruptibly();
    }

    @Test
    void whatIsHandedInBeforeAMoveStaysInFrontOfWhatComesAfterIt() throws Exception {
        TrieRouter router = new TrieRouter(TrieRouter.Limits.DEFAULT, 42);
        SessionZone from = new SessionZone(first, router);
        SessionZone to = new SessionZone(second, router);
        Session session = session(from, router);
        MqttSubscription subscription =
                new MqttSubscription(
                        session,
                        "news",
                        new Subscriptions.Target(null, Dialect.MQTT.parse("news"), false),
                        null,
                        new MqttSubscription.Options(1, false, false, 0, 0));
        CountDownLatch posted = new CountDownLatch(1);
        CountDownLatch moved = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        first.execute(
                () -> {
                    await(posted);
                    session.moveTo(to);
                    moved.countDown();
                    await(over);
                });
        assertThat(publish(session, subscription, "1")).isTrue();
        posted.countDown();
        await(moved);
        assertThat(publish(session, subscription, "2")).isTrue();
        settle(second);
        over.countDown();
        settle(first);
        settle(second);
        assertThat(second.submit(() -> queued(session)).get()).containsExactly("1", "2");
    }

    private static List<String> queued(Session session) {
        OutgoingWindow window = session.sender().window();
        List<String> texts = new ArrayList<>();
        for (long number = 0; number < window.tail(); number++) {
            KeptMessage message = window.at(number).message;
            assertThat(message).isNotNull();
            texts.add(new String(message.payload(), StandardCharsets.UTF_8));
        }
        return texts;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
