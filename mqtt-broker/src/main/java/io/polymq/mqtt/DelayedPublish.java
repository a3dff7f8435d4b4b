package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * {@code $delayed/SECONDS/TOPIC}: a publish to TOPIC that is kept until its time. Any thread; what
 * is due is published in the background's zone.
 */
final class DelayedPublish {

    private static final String KIND = "mqtt";
    private static final byte[] PREFIX = "$delayed.".getBytes(StandardCharsets.UTF_8);
    private static final long MOST_SECONDS = 4_294_967;

    private final MqttShared shared;
    private final DelayedMessages delayed;

    /** Where a delayed publish goes and when. */
    record Parts(Subject subject, long seconds) {}

    DelayedPublish(MqttShared shared, DelayedMessages delayed) {
        this.shared = shared;
        this.delayed = delayed;
    }

    void start() {
        delayed.handle(KIND, this::due);
    }

    static boolean isDelayed(Subject subject) {
        byte[] name = subject.dotted();
        return name.length > PREFIX.length
                && java.util.Arrays.equals(name, 0, PREFIX.length, PREFIX, 0, PREFIX.length);
    }

    /** Null when there is no number of seconds, or no topic behind it. */
    static @Nullable Parts parse(Subject subject) {
        byte[] name = subject.dotted();
        long seconds = 0;
        int at = PREFIX.length;
        while (at < name.length && name[at] >= '0' && name[at] <= '9' && seconds <= MOST_SECONDS) {
            seconds = seconds * 10 + name[at++] - '0';
        }
        boolean complete =
                at > PREFIX.length
                        && at + 1 < name.length
                        && name[at] == '.'
                        && seconds <= MOST_SECONDS;
        return complete
                ? new Parts(Subject.ofDotted(name, at + 1, name.length - at - 1), seconds)
                : null;
    }

    /** The receipt is done when the message is safe until its time. */
    void schedule(String tenant, KeptMessage message, long seconds, @Nullable Receipt receipt) {
        if (receipt != null) {
            receipt.expect();
        }
        delayed.schedule(KIND, tenant, message, shared.clock().millis() + seconds * 1000)
                .whenComplete(
                        (ticket, failure) -> {
                            if (receipt != null) {
                                receipt.done(failure);
                            }
                        });
    }

    /** Whether that message was scheduled since, in milliseconds since 1970. */
    CompletableFuture<Boolean> holds(Origin message, long since) {
        return delayed.holds(message, since);
    }

    private void due(String tenant, KeptMessage message, long at, Receipt receipt) {
        receipt.expect();
        shared.background()
                .run(
                        () -> {
                            Message borrowed = message.lendTo(shared.background().incoming());
                            shared.publish(tenant, borrowed, null, receipt);
                            receipt.done(null);
                        });
    }
}
