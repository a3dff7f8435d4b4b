package io.polymq.mqtt;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stored message and who is still owed it. */
final class OwedMessage {
    final List<OwedShare> targets = new ArrayList<>(1);
    volatile long offset = -1;
    int remaining;
    boolean listed;
    boolean rewriting;

    /** Of its subject, properties and payload. */
    int bytes;

    /** Whose bytes they are; null while they do not count. */
    @Nullable String tenant;

    /** The client's QoS 2 message that this one is, while that is not finished. */
    JournalCodec.@Nullable Place origin;

    void add(OwedShare target) {
        target.partOf(this);
        targets.add(target);
        remaining++;
    }
}
