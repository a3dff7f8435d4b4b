package io.polymq.core.webhook;

import io.polymq.config.WebhookConfig;
import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.BrokerEvents;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts events in batches, one batch at a time and in order. A batch that is not taken is tried
 * again after a growing pause and dropped at last; meanwhile events wait, up to a bound. Nothing is
 * kept on disk: what waits when the process ends is given one attempt.
 *
 * <p>Events are heard in a shard zone, which only enqueues; one virtual thread posts.
 */
public final class Webhook implements BrokerEvents.Listener, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
    private static final long LONGEST_PAUSE_MILLIS = 60_000;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int REQUEST_TIMEOUT = 408;

    private final WebhookConfig config;
    private final String node;
    private final InstantSource clock;
    private final Set<String> wanted;
    private final BlockingQueue<BrokerEvent> waiting;
    private final HttpClient client;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CounterDataPoint posted;
    private final CounterDataPoint dropped;
    private final Thread poster;
    private final AutoCloseable listening;

    private Webhook(
            WebhookConfig config,
            String node,
            BrokerEvents events,
            InstantSource clock,
            PrometheusRegistry registry) {
        this.config = config;
        this.node = node;
        this.clock = clock;
        this.wanted = Set.copyOf(config.events());
        this.waiting = new ArrayBlockingQueue<>(config.queue());
        this.client = HttpClient.newBuilder().connectTimeout(config.timeout()).build();
        Counter counter =
                Counter.builder()
                        .name("polymq_webhook_events_total")
                        .help("Events for the webhook by what became of them.")
                        .labelNames("result")
                        .register(registry);
        this.posted = counter.labelValues("posted");
        this.dropped = counter.labelValues("dropped");
        this.poster = Thread.ofVirtual().name("polymq-webhook").unstarted(this::post);
        this.listening = events.listen(this);
    }

    /**
     * Listens and posts from now on.
     *
     * @param node who posts, as it is told
     */
    public static Webhook start(
            WebhookConfig config,
            String node,
            BrokerEvents events,
            InstantSource clock,
            PrometheusRegistry registry) {
        Webhook webhook = new Webhook(config, node, events, clock, registry);
        webhook.poster.start();
        return webhook;
    }

    @Override
    public void happened(BrokerEvent event) {
        if (!wanted.isEmpty() && !wanted.contains(EventJson.type(event))) {
            return;
        }
        if (!waiting.offer(event)) {
            dropped.inc();
        }
    }

    private void post() {
        List<BrokerEvent> batch = new ArrayList<>();
        try {
            while (closing.getCount() > 0 || !waiting.isEmpty()) {
                gather(batch);
                if (!batch.isEmpty()) {
                    deliver(EventJson.batch(node, batch), batch.size());
                    batch.clear();
                }
            }
        } catch (InterruptedException ended) {
            dropped.inc(batch.size() + waiting.size());
        }
    }

    private void gather(List<BrokerEvent> batch) throws InterruptedException {
        BrokerEvent first = waiting.poll(100, TimeUnit.MILLISECONDS);
        if (first == null) {
            return;
        }
        batch.add(first);
        long until = System.nanoTime() + config.linger().toNanos();
        while (batch.size() < config.batch()) {
            long left = closing.getCount() > 0 ? until - System.nanoTime() : 0;
            BrokerEvent next = waiting.poll(Math.max(0, left), TimeUnit.NANOSECONDS);
            if (next == null) {
                return;
            }
            batch.add(next);
        }
    }

    private void deliver(byte[] body, int count) throws InterruptedException {
        String id = UUID.randomUUID().toString();
        long pause = config.backoff().toMillis();
        for (int attempt = 1; ; attempt++) {
            String fault = attempt(id, body);
            if (fault == null) {
                posted.inc(count);
                return;
            }
            boolean last = attempt >= config.attempts() || fault.isEmpty();
            LOG.atWarn()
                    .addKeyValue("url", config.url())
                    .addKeyValue("events", count)
                    .addKeyValue("attempt", attempt)
                    .addKeyValue("fault", fault.isEmpty() ? "refused for good" : fault)
                    .log(last ? "Events are dropped" : "Events were not taken");
            if (last || closing.await(pause, TimeUnit.MILLISECONDS) && attempt > 1) {
                dropped.inc(count);
                return;
            }
            pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
        }
    }

    /** Null when it was taken, empty when it never will be, else what went wrong. */
    private @Nullable String attempt(String id, byte[] body) throws InterruptedException {
        long now = clock.millis();
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(config.url()))
                        .timeout(config.timeout())
                        .header("Content-Type", "application/json")
                        .header("X-PolyMQ-Delivery", id)
                        .header("X-PolyMQ-Timestamp", Long.toString(now));
        if (config.secret() != null) {
            request.header(
                    "X-PolyMQ-Signature",
                    "sha256=" + signature(config.secret().value(), now, body));
        }
        try {
            int status =
                    client.send(
                                    request.POST(HttpRequest.BodyPublishers.ofByteArray(body))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode();
            if (status / 100 == 2) {
                return null;
            }
            boolean forGood =
                    status / 100 == 4 && status != TOO_MANY_REQUESTS && status != REQUEST_TIMEOUT;
            return forGood ? "" : "status " + status;
        } catch (IOException unreachable) {
            return unreachable.toString();
        }
    }

    /** Of the time and the body, so that what was recorded cannot be sent again unnoticed. */
    static String signature(String secret, long at, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            mac.update((at + ".").getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    /** Gives what waits one more attempt, for as long as an answer may take. */
    @Override
    public void close() throws Exception {
        listening.close();
        closing.countDown();
        if (!poster.join(config.timeout().plus(Duration.ofMillis(500)))) {
            poster.interrupt();
        }
        client.shutdownNow();
    }
}
