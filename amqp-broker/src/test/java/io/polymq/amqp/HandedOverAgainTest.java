package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.BuiltinExchangeType;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Subject;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A message of another protocol that its publisher hands over once more after a crash. */
class HandedOverAgainTest extends ClientCase {

    private final Router.Space space = amqp.router.space("default");
    private final RouteCache cache = amqp.router.newCache();

    private Message message(Origin origin) {
        return new Message().begin(Subject.ofDotted("again.x"), bytes("m"), 0, 1).origin(origin);
    }

    private void publish(Origin origin) throws Exception {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(safe);
        space.publish(cache, message(origin).receipt(receipt));
        receipt.seal();
        safe.get(10, TimeUnit.SECONDS);
    }

    private Set<UUID> keepers(Origin origin) throws Exception {
        return space.keepers(cache, message(origin).keep(), 0).get(10, TimeUnit.SECONDS);
    }

    @Test
    void queuesThatHaveItAreNotGivenItAgainAndOthersAre() throws Exception {
        channel.queueDeclare("has", true, false, false, Map.of());
        channel.queueBind("has", "amq.topic", "again.#");
        channel.queueDeclare("log", true, false, false, Map.of("x-queue-type", "stream"));
        channel.queueBind("log", "amq.topic", "again.#");
        Origin origin = new Origin(7, 1);
        publish(origin);
        publish(new Origin(7, 2));

        channel.queueDeclare("lacks", true, false, false, Map.of());
        channel.exchangeDeclare("behind", BuiltinExchangeType.FANOUT);
        channel.exchangeBind("behind", "amq.topic", "again.#");
        channel.queueBind("lacks", "behind", "");
        channel.queueBind("has", "behind", "");
        Set<UUID> keepers = keepers(origin);
        assertThat(keepers).hasSize(2);
        assertThat(keepers(new Origin(8, 1))).isEmpty();
        publish(origin.withKeptBy(keepers));

        assertThat(channel.messageCount("has")).isEqualTo(2);
        assertThat(channel.messageCount("lacks")).isEqualTo(1);
        assertThat(host().queues().find("log").topic().partition(0).endOffset()).isEqualTo(2);
        for (String queue : new String[] {"has", "log", "lacks"}) {
            channel.queueDelete(queue);
        }
        channel.exchangeDelete("behind");
    }

    @Test
    void itIsKnownAlsoWhenAConsumerHasAcknowledgedIt() throws Exception {
        channel.queueDeclare("eager", true, false, false, Map.of());
        channel.queueBind("eager", "amq.topic", "again.#");
        Origin origin = new Origin(9, 1);
        publish(origin);
        assertThat(got("eager")).isEqualTo("m");
        publish(origin.withKeptBy(keepers(origin)));
        assertThat(got("eager")).isEqualTo("nothing");
        channel.queueDelete("eager");
    }
}
