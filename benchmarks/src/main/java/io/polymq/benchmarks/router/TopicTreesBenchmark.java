package io.polymq.benchmarks.router;

import com.codahale.metrics.MetricRegistry;
import com.hivemq.metrics.MetricsHolder;
import com.hivemq.mqtt.message.QoS;
import com.hivemq.mqtt.topic.tree.LocalTopicTree;
import io.moquette.broker.subscriptions.CTrieSubscriptionDirectory;
import io.moquette.broker.subscriptions.Subscription;
import io.moquette.broker.subscriptions.Topic;
import io.moquette.persistence.MemorySubscriptionsRepository;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.polymq.core.router.Matches;
import io.polymq.core.router.SubjectTrie;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The topic trees of three brokers under the same million subscriptions, without any cache in
 * front: the bytes of a topic come in, the subscribers come out. Moquette and HiveMQ CE match
 * texts, so that theirs begins with making one, as their brokers do.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgs = {"-Xmx4g", "-XX:+UseCompactObjectHeaders"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TopicTreesBenchmark {

    private static final int COLD = 1 << 16;

    /** What finds the subscribers of a topic. */
    private interface Tree {
        void subscribe(int number, String filter);

        int match(byte[] topic);
    }

    @Param({"polymq", "moquette", "hivemq"})
    public String broker = "polymq";

    private final byte[][] topics = new byte[COLD][];
    private Tree tree = new PolyMqTree();
    private int next;

    @Setup(Level.Trial)
    public void subscribe() {
        tree =
                switch (broker) {
                    case "moquette" -> new MoquetteTree();
                    case "hivemq" -> new HiveMqTree();
                    default -> new PolyMqTree();
                };
        for (int i = 0; i < SubscriptionLoad.size(); i++) {
            tree.subscribe(i, SubscriptionLoad.filter(i));
        }
        Random random = new Random(1);
        for (int i = 0; i < COLD; i++) {
            int number = random.nextInt(SubscriptionLoad.size());
            topics[i] = SubscriptionLoad.topic(number).getBytes(StandardCharsets.UTF_8);
        }
    }

    /** One topic again and again: the tree is in the processor's caches. */
    @Benchmark
    public int sameTopic() {
        return tree.match(topics[0]);
    }

    /** One of 65,536 topics after the other. */
    @Benchmark
    public int otherTopics() {
        return tree.match(topics[next++ & COLD - 1]);
    }

    private static final class PolyMqTree implements Tree {

        private static final class Client extends SubjectTrie.Entry {}

        private final SubjectTrie<Client> trie = new SubjectTrie<>(1, 128);
        private final Matches<Client> found = new Matches<>();

        @Override
        public void subscribe(int number, String filter) {
            try {
                trie.add(Dialect.MQTT.parse(filter), new Client());
            } catch (InvalidSubjectException impossible) {
                throw new IllegalArgumentException(impossible);
            }
        }

        @Override
        public int match(byte[] topic) {
            trie.match(Subject.ofSlashed(topic, 0, topic.length), found);
            return found.size();
        }
    }

    private static final class MoquetteTree implements Tree {

        private final CTrieSubscriptionDirectory directory = new CTrieSubscriptionDirectory();

        MoquetteTree() {
            directory.init(new MemorySubscriptionsRepository());
        }

        @Override
        public void subscribe(int number, String filter) {
            directory.add(new Subscription("c" + number, new Topic(filter), MqttQoS.AT_MOST_ONCE));
        }

        @Override
        public int match(byte[] topic) {
            String text = new String(topic, StandardCharsets.UTF_8);
            return directory.matchWithoutQosSharpening(new Topic(text)).size();
        }
    }

    private static final class HiveMqTree implements Tree {

        private final LocalTopicTree tree =
                new LocalTopicTree(new MetricsHolder(new MetricRegistry()));

        @Override
        public void subscribe(int number, String filter) {
            tree.addTopic(
                    "c" + number,
                    new com.hivemq.mqtt.message.subscribe.Topic(filter, QoS.AT_MOST_ONCE),
                    (byte) 0,
                    null);
        }

        @Override
        public int match(byte[] topic) {
            String text = new String(topic, StandardCharsets.UTF_8);
            return tree.findTopicSubscribers(text).getSubscribers().size();
        }
    }
}
