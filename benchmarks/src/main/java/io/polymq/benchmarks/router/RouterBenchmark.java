package io.polymq.benchmarks.router;

import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.core.subject.SubjectCache;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A publish against a million subscriptions, warm and cold, and what churn costs. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgs = {"-Xmx3g", "-XX:+UseCompactObjectHeaders"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class RouterBenchmark {

    private static final int COLD = 1 << 16;

    private final TrieRouter router = new TrieRouter(TrieRouter.Limits.DEFAULT, 1);
    private final Router.Space space = router.space("default");
    private final RouteCache cache = router.newCache();
    private final SubjectCache subjects = new SubjectCache(8_192);
    private final Message message = new Message();
    private final byte[] payload = new byte[16];
    private final byte[][] topics = new byte[COLD][];
    private long delivered;
    private int next;

    @Setup(Level.Trial)
    public void subscribe() throws InvalidSubjectException {
        for (int i = 0; i < SubscriptionLoad.size(); i++) {
            Filter filter = Dialect.MQTT.parse(SubscriptionLoad.filter(i));
            space.subscribe(filter, null, false, m -> delivered++ >= 0);
        }
        Random random = new Random(1);
        for (int i = 0; i < COLD; i++) {
            int number = random.nextInt(SubscriptionLoad.size());
            topics[i] = SubscriptionLoad.topic(number).getBytes(StandardCharsets.UTF_8);
        }
    }

    /** From the packet's bytes to the sink, the same topic again and again. */
    @Benchmark
    public int steadyTopic() {
        return publish(topics[0]);
    }

    /** A publisher of 256 topics. */
    @Benchmark
    public int manyTopics() {
        return publish(topics[next++ & 255]);
    }

    /** A new topic each time, of 65,536: nothing is cached, neither here nor by the processor. */
    @Benchmark
    public int coldTopic() {
        return publish(topics[next++ & COLD - 1]);
    }

    /**
     * A steady topic while each publish comes with a subscription elsewhere that comes and goes.
     */
    @Benchmark
    public int steadyTopicUnderChurn() {
        Filter filter = Filter.exactly(Subject.ofDotted("_INBOX.x" + (next++ & 0xFFFF)));
        try (Router.Subscription _ = space.subscribe(filter, null, false, m -> true)) {
            return publish(topics[0]);
        }
    }

    private int publish(byte[] topic) {
        Subject subject = subjects.slashed(topic, 0, topic.length);
        return space.publish(cache, message.begin(subject, payload, 0, payload.length));
    }
}
