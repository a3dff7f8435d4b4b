package io.polymq.core.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A message that is handed over once more goes to those only who do not have it. */
class OriginTest {

    private static final Subject SUBJECT = Subject.ofDotted("orders");

    private static CompletableFuture<Void> publish(TopicRig rig, String text, Origin origin) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Receipt receipt =
                new Receipt(
                        failure -> {
                            assertThat(failure).isNull();
                            safe.complete(null);
                        });
        rig.space.publish(
                rig.cache,
                new Message()
                        .begin(SUBJECT, bytes, 0, bytes.length)
                        .origin(origin)
                        .receipt(receipt));
        receipt.seal();
        return safe;
    }

    @Test
    void topicsTellWhetherTheyHaveAMessageAndAreNotHandedItAgain() {
        try (TopicRig rig = TopicRig.inMemory()) {
            Topic first = rig.create("orders", 3);
            Origin origin = new Origin(7, 1);
            publish(rig, "one", origin).join();
            publish(rig, "other", new Origin(7, 2)).join();
            Topic later =
                    rig.create(
                            "audit",
                            1,
                            spec -> spec.withCaptures(List.of(TopicRig.filter("orders")), false));

            Set<UUID> keepers = keepers(rig, origin, 0);
            assertThat(keepers).containsExactly(first.id());
            assertThat(keepers(rig, new Origin(8, 1), 0)).isEmpty();

            List<String> live = rig.subscribe("orders");
            publish(rig, "one", origin.withKeptBy(keepers)).join();
            assertThat(live).containsExactly("orders one");
            assertThat(records(first)).isEqualTo(2);
            assertThat(records(later)).isEqualTo(1);
        }
    }

    @Test
    void whatWasKeptBeforeTheTimeIsNotLookedAt() {
        try (TopicRig rig = TopicRig.inMemory()) {
            rig.create("orders", 1);
            Origin origin = new Origin(7, 1);
            publish(rig, "one", origin).join();
            long later = System.currentTimeMillis() + 60_000;
            assertThat(keepers(rig, origin, later)).isEmpty();
        }
    }

    private static Set<UUID> keepers(TopicRig rig, Origin origin, long since) {
        KeptMessage named = new Message().begin(SUBJECT, new byte[0], 0, 0).origin(origin).keep();
        return rig.space.keepers(rig.cache, named, since).join();
    }

    private static long records(Topic topic) {
        long records = 0;
        for (int i = 0; i < topic.spec().partitions(); i++) {
            records += topic.partition(i).endOffset();
        }
        return records;
    }
}
