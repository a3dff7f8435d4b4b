package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.amqp.TestAmqp;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.Terminus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Subscriptions that outlive their links, as JMS clients have them. */
class SubscriptionTest {

    private static TestAmqp amqp;

    @BeforeAll
    static void start() {
        amqp = TestAmqp.open();
    }

    @AfterAll
    static void stop() throws Exception {
        amqp.close();
    }

    private static Performative.Attach durable(String name) {
        return V1Client.receiver(
                name,
                1,
                new Terminus.Source(
                        "news",
                        Terminus.DURABLE_UNSETTLED_STATE,
                        Terminus.EXPIRY_NEVER,
                        0,
                        false,
                        Map.of(),
                        null,
                        Map.of(),
                        null,
                        List.of(),
                        List.of("topic")));
    }

    @Test
    void whatIsPublishedWhileADurableSubscriberIsAwayWaitsUntilItUnsubscribes() throws Exception {
        try (V1Client client = V1Client.session(amqp.address(), "container")) {
            client.attach(durable("sub"));
            client.send(0, new Performative.Detach(1, false, null));
            assertThat(client.take(Performative.Detach.class).closed()).isFalse();
            client.attachSender("s", 0, "/topic/news");
            client.message(0, 0, false, V1Client.durable("meanwhile"));
            assertThat(client.take(Performative.Disposition.class).state())
                    .isEqualTo(DeliveryState.ACCEPTED);
        }
        try (V1Client client = V1Client.session(amqp.address(), "container")) {
            client.attach(durable("sub"));
            client.credit(1, 0, 1, false);
            V1Client.Got.Message got = client.takeMessage();
            assertThat(V1Client.body(got)).isEqualTo("meanwhile");
            client.settle(got.deliveryId(), got.deliveryId(), DeliveryState.ACCEPTED);
            client.send(0, new Performative.Detach(1, true, null));
            assertThat(client.take(Performative.Detach.class).error()).isNull();
            Performative.Attach gone =
                    client.attach(V1Client.receiver("sub", 1, (Terminus.Source) null));
            assertThat(gone.source()).isNull();
            assertThat(client.take(Performative.Detach.class).error().condition())
                    .isEqualTo("amqp:not-found");
        }
    }

    @Test
    void whoSubscribesAgainAfterUnsubscribingGetsASubscriptionThatStays() throws Exception {
        try (V1Client client = V1Client.session(amqp.address(), "restless")) {
            for (int i = 0; i < 50; i++) {
                client.attach(durable("again"));
                client.send(0, new Performative.Detach(1, true, null));
                assertThat(client.take(Performative.Detach.class).error()).isNull();
            }
        }
    }
}
