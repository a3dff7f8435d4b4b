package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What was asked of a store and what it acknowledged; checks a store after a power loss. */
final class PowerLossModel {

    /** One shard's history. */
    static final class History {
        final Set<String> attempted = new HashSet<>();
        final Map<Long, String> forced = new TreeMap<>();
        final Set<Long> acknowledged = new TreeSet<>();
        Set<Long> persisted = new TreeSet<>();
        long trimAttempted;
        long trimmed;
        boolean created;
        boolean deleteAttempted;
        boolean deleted;
    }

    final Map<String, History> shards = new TreeMap<>();

    /** Values of atomic appends: group to shard to value. */
    final Map<Integer, Map<String, String>> groups = new HashMap<>();

    synchronized History of(String shard) {
        return shards.computeIfAbsent(shard, absent -> new History());
    }

    synchronized void check(ShardStore store) throws Exception {
        Map<String, List<String>> found = new HashMap<>();
        for (Map.Entry<String, History> entry : shards.entrySet()) {
            String name = entry.getKey();
            History history = entry.getValue();
            var opened = store.open(name);
            if (opened.isEmpty()) {
                assertThat(history.created && !history.deleteAttempted)
                        .as("shard %s was acknowledged and is gone", name)
                        .isFalse();
                continue;
            }
            assertThat(history.deleted).as("shard %s was deleted and is back", name).isFalse();
            history.created = true;
            history.deleteAttempted = false;
            found.put(name, check(name, history, opened.get()));
        }
        groups.forEach((group, parts) -> checkGroup(group, parts, found, store));
    }

    private static List<String> check(String name, History history, Shard shard) throws Exception {
        long start = shard.startOffset();
        assertThat(start)
                .as("start of %s", name)
                .isBetween(history.trimmed, Math.max(history.trimmed, history.trimAttempted));
        List<String> records = Batches.all(shard);
        List<String> values = new ArrayList<>();
        long expected = start;
        for (String record : records) {
            int equals = record.indexOf('=');
            long offset = Long.parseLong(record.substring(0, equals));
            String value = record.substring(equals + 1);
            assertThat(offset)
                    .as("offsets of %s have a gap: %s", name, records)
                    .isEqualTo(expected++);
            assertThat(history.attempted).as("%s holds what nobody wrote", name).contains(value);
            values.add(value);
        }
        assertThat(expected).as("end of %s", name).isEqualTo(shard.endOffset());
        assertThat(values).as("a record of %s is there twice", name).doesNotHaveDuplicates();
        history.forced.forEach(
                (offset, value) -> {
                    if (offset >= start) {
                        assertThat(records)
                                .as("%s: acknowledged %s at %s", name, value, offset)
                                .contains(offset + "=" + value);
                    }
                });
        checkCursor(name, history, shard);
        history.trimmed = start;
        history.trimAttempted = start;
        history.forced.clear();
        for (String record : records) {
            int equals = record.indexOf('=');
            history.forced.put(
                    Long.parseLong(record.substring(0, equals)), record.substring(equals + 1));
        }
        return values;
    }

    private static void checkCursor(String name, History history, Shard shard) {
        GroupCursor cursor = shard.cursor("g");
        Set<Long> now = new TreeSet<>();
        for (long offset = 0; offset < shard.endOffset() + 5; offset++) {
            if (cursor.isAcknowledged(offset)) {
                now.add(offset);
            }
        }
        Set<Long> known = new TreeSet<>(history.acknowledged);
        for (long offset = 0; offset < cursor.floor(); offset++) {
            if (offset < shard.startOffset()) {
                known.add(offset);
            }
        }
        assertThat(known).as("%s: cursor ahead of what was acknowledged", name).containsAll(now);
        assertThat(now)
                .as("%s: persisted acknowledgements lost", name)
                .containsAll(history.persisted);
        history.acknowledged.clear();
        history.acknowledged.addAll(now);
        history.persisted = new TreeSet<>(now);
    }

    private void checkGroup(
            int group,
            Map<String, String> parts,
            Map<String, List<String>> found,
            ShardStore store) {
        Set<Boolean> there = new HashSet<>();
        parts.forEach(
                (shard, value) -> {
                    List<String> values = found.get(shard);
                    boolean unclear =
                            values == null
                                    || store.open(shard).orElseThrow().startOffset() > 0
                                            && !values.contains(value);
                    if (!unclear) {
                        there.add(values.contains(value));
                    }
                });
        assertThat(there)
                .as("atomic append %s is there in part: %s", group, parts)
                .hasSizeLessThan(2);
    }
}
