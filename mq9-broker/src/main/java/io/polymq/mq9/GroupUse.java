package io.polymq.mq9;

import io.polymq.storage.Shard;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * When each group of a mailbox was last used, kept beside its positions, so that groups which
 * nobody uses can go. Any thread; may wait for the store.
 */
final class GroupUse {

    private static final String PREFIX = "mq9-used/";

    private GroupUse() {}

    static void mark(Shard shard, String group, long now) {
        shard.cursor(PREFIX + group).attach(ByteBuffer.allocate(Long.BYTES).putLong(now).array());
    }

    /** Those not used since then; one of which that is not known counts as used now. */
    static List<String> unusedSince(Shard shard, long since, long now) {
        TreeSet<String> all = new TreeSet<>();
        for (String cursor : shard.groups()) {
            String group = MailGroup.groupOf(cursor);
            if (group != null) {
                all.add(group);
            }
        }
        List<String> unused = new ArrayList<>();
        for (String group : all) {
            byte[] used = shard.cursor(PREFIX + group).attachment();
            if (used.length != Long.BYTES) {
                mark(shard, group, now);
            } else if (ByteBuffer.wrap(used).getLong() < since) {
                unused.add(group);
            }
        }
        return unused;
    }

    /** It is as if it had never been named. */
    static CompletableFuture<Void> forget(Shard shard, String group) {
        CompletableFuture<Void> forgotten = shard.deleteCursor(PREFIX + group);
        for (Priority priority : Priority.values()) {
            forgotten =
                    CompletableFuture.allOf(
                            forgotten, shard.deleteCursor(MailGroup.cursor(group, priority)));
        }
        return forgotten;
    }
}
