package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.amqp.FrameClient.Got;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.codec.amqp.Method;
import io.polymq.codec.amqp.QueueMethod;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Acknowledgements come in on the loop while queues' zones hand out the next deliveries. */
@Timeout(120)
class AckWhileDeliveredTest {

    private static final int MESSAGES = 30_000;
    private static final int QUEUES = 3;

    private static TestAmqp amqp;

    @BeforeAll
    static void start() {
        amqp = TestAmqp.open();
    }

    @AfterAll
    static void stop() throws Exception {
        amqp.close();
    }

    @Test
    void everyTagIsKnownAndNewerThanTheOneBefore() throws Exception {
        acknowledgeAll(new BasicMethod.Qos(0, 3, false));
    }

    @Test
    void aLimitOfTheChannelHoldsUpNothingForGood() throws Exception {
        acknowledgeAll(new BasicMethod.Qos(0, 2, true));
    }

    /** Acknowledges each delivery by itself, and gets one as well now and then. */
    private static void acknowledgeAll(BasicMethod.Qos qos) throws Exception {
        try (FrameClient consumer = FrameClient.ready(amqp.address());
                FrameClient publisher = FrameClient.ready(amqp.address())) {
            List<String> queues = new ArrayList<>();
            for (int i = 0; i < QUEUES; i++) {
                queues.add(declare(publisher));
            }
            consumer.send(1, qos);
            consumer.next(BasicMethod.QosOk.class);
            for (String queue : queues) {
                consumer.send(
                        1,
                        new BasicMethod.Consume(
                                0, queue, "", false, false, false, true, FieldTable.EMPTY));
            }
            Thread publishing = Thread.ofPlatform().start(() -> publish(publisher, queues));
            long last = 0;
            int came = 0;
            while (came < MESSAGES) {
                FrameClient.Received received = consumer.next();
                long tag = received instanceof Got got ? tag(got.method()) : 0;
                if (tag > 0) {
                    assertThat(tag).isEqualTo(last + 1);
                    last = tag;
                    came++;
                    consumer.send(1, new BasicMethod.Ack(tag, false));
                    if (came % 50 == 0) {
                        consumer.send(1, new BasicMethod.Get(0, queues.get(came % QUEUES), false));
                    }
                }
            }
            publishing.join();
        }
    }

    private static String declare(FrameClient client) throws IOException {
        client.send(
                1,
                new QueueMethod.Declare(0, "", false, false, false, true, false, FieldTable.EMPTY));
        return client.next(QueueMethod.DeclareOk.class).queue();
    }

    private static void publish(FrameClient publisher, List<String> queues) {
        try {
            for (int i = 0; i < MESSAGES; i++) {
                publisher.publish(1, queues.get(i % QUEUES), "m" + i);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Of a delivery; anything else but an empty answer is a failure. */
    private static long tag(Method method) {
        return switch (method) {
            case BasicMethod.Deliver deliver -> deliver.deliveryTag();
            case BasicMethod.GetOk ok -> ok.deliveryTag();
            case BasicMethod.ConsumeOk ok -> 0;
            case BasicMethod.GetEmpty empty -> 0;
            default -> throw new AssertionError("came " + method);
        };
    }
}
