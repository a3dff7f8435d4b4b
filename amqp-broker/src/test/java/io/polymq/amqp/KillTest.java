package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a broker with confirms and transactions in flight, and looks at what is left. */
@Tag("long")
class KillTest {

    private static final int KILLS = 4;

    @Test
    void nothingConfirmedIsLostAndDefinitionsStay(@TempDir Path folder) throws Exception {
        Set<String> confirmed = ConcurrentHashMap.newKeySet();
        Random random = new Random(5);
        int next = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            KilledBroker broker = KilledBroker.start(folder);
            Channel channel = broker.connect().createChannel();
            declare(channel);
            channel.confirmSelect();
            int number = 500 + random.nextInt(2000);
            CountDownLatch some = new CountDownLatch(number / 4);
            Map<Long, String> open = new ConcurrentHashMap<>();
            channel.addConfirmListener(
                    (tag, multiple) -> {
                        for (long at = multiple ? 1 : tag; at <= tag; at++) {
                            String known = open.remove(at);
                            if (known != null) {
                                confirmed.add(known);
                                some.countDown();
                            }
                        }
                    },
                    (tag, multiple) -> open.remove(tag));
            for (int i = 0; i < number; i++) {
                String text = "m" + next++;
                open.put(channel.getNextPublishSeqNo(), text);
                channel.basicPublish(
                        "x",
                        i % 2 == 0 ? "classic" : "quorum",
                        MessageProperties.PERSISTENT_BASIC,
                        text.getBytes(StandardCharsets.UTF_8));
            }
            assertThat(some.await(20, TimeUnit.SECONDS)).isTrue();
            broker.kill();
        }
        assertThat(confirmed).hasSizeGreaterThan(100);
        KilledBroker broker = KilledBroker.start(folder);
        Channel channel = broker.connect().createChannel();
        Set<String> found = new HashSet<>();
        for (String queue : new String[] {"kept", "kept-quorum"}) {
            channel.queueDeclarePassive(queue);
            GetResponse got = channel.basicGet(queue, true);
            while (got != null) {
                found.add(new String(got.getBody(), StandardCharsets.UTF_8));
                got = channel.basicGet(queue, true);
            }
        }
        broker.kill();
        assertThat(found).containsAll(confirmed);
    }

    private static void declare(Channel channel) throws Exception {
        channel.exchangeDeclare("x", "direct", true);
        channel.queueDeclare("kept", true, false, false, null);
        channel.queueDeclare("kept-quorum", true, false, false, Map.of("x-queue-type", "quorum"));
        channel.queueBind("kept", "x", "classic");
        channel.queueBind("kept-quorum", "x", "quorum");
    }

    @Test
    void aCommittedTransactionIsThereAsAWholeAndOnce(@TempDir Path folder) throws Exception {
        Set<Integer> committed = new HashSet<>();
        int next = 0;
        Random random = new Random(6);
        for (int kill = 0; kill < KILLS; kill++) {
            KilledBroker broker = KilledBroker.start(folder);
            Channel channel = broker.connect().createChannel();
            declare(channel);
            channel.txSelect();
            int[] at = {next};
            Thread publisher =
                    new Thread(
                            () -> {
                                try {
                                    while (true) {
                                        byte[] text =
                                                Integer.toString(at[0])
                                                        .getBytes(StandardCharsets.UTF_8);
                                        channel.basicPublish(
                                                "x",
                                                "classic",
                                                MessageProperties.PERSISTENT_BASIC,
                                                text);
                                        channel.basicPublish(
                                                "x",
                                                "quorum",
                                                MessageProperties.PERSISTENT_BASIC,
                                                text);
                                        channel.txCommit();
                                        synchronized (committed) {
                                            committed.add(at[0]);
                                        }
                                        at[0]++;
                                    }
                                } catch (Exception killed) {
                                    at[0]++;
                                }
                            });
            publisher.start();
            publisher.join(500 + random.nextInt(500));
            broker.kill();
            publisher.join();
            next = at[0];
        }
        KilledBroker broker = KilledBroker.start(folder);
        Channel channel = broker.connect().createChannel();
        List<Integer> one = drain(channel, "kept");
        List<Integer> other = drain(channel, "kept-quorum");
        broker.kill();
        assertThat(committed).hasSizeGreaterThan(10);
        assertThat(one).doesNotHaveDuplicates().containsAll(committed);
        assertThat(other).doesNotHaveDuplicates().hasSameElementsAs(one);
    }

    private static List<Integer> drain(Channel channel, String queue) throws Exception {
        List<Integer> found = new ArrayList<>();
        GetResponse got = channel.basicGet(queue, true);
        while (got != null) {
            found.add(Integer.parseInt(new String(got.getBody(), StandardCharsets.UTF_8)));
            got = channel.basicGet(queue, true);
        }
        return found;
    }
}
