package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Committed;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import io.polymq.storage.StoredRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks through a mailbox's shard without any group: for QUERY, for fetches without a group, for
 * one mail. Everything here waits for the store: virtual threads only.
 */
final class MailScan {

    private static final int PAGE_BYTES = 512 << 10;
    private static final int ONE_BATCH = 1;

    private final Shard shard;
    private final Committed committed;
    private final Subject subject;
    private final MessageRecords records;
    private final long now;

    MailScan(Shard shard, Committed committed, Subject subject, MessageRecords records, long now) {
        this.shard = shard;
        this.committed = committed;
        this.subject = subject;
        this.records = records;
        this.now = now;
    }

    /** One mail; null when it is not there. */
    @Nullable Mail one(long id) {
        List<Mail> found = new ArrayList<>(1);
        StoredRecord record = record(id);
        return record != null && addVisible(record, found) ? found.getFirst() : null;
    }

    /** Of a mail that may have expired; null when it is not there. */
    @Nullable Priority priorityOf(long id) {
        StoredRecord record = record(id);
        return record == null ? null : MailReader.priorityOf(record);
    }

    private @Nullable StoredRecord record(long id) {
        if (id < shard.startOffset() || id >= committed.end()) {
            return null;
        }
        List<StoredRecord> found = new ArrayList<>(1);
        each(
                id,
                ONE_BATCH,
                record -> {
                    if (record.offset() == id) {
                        found.add(record.copy());
                    }
                    return false;
                });
        return found.isEmpty() ? null : found.getFirst();
    }

    /** The newest mail of a key. */
    List<Mail> byKey(byte[] key) {
        ByteBuffer wanted = ByteBuffer.wrap(key);
        long newest = shard.readByKey(wanted.duplicate()).join().offset();
        StoredRecord record = newest < 0 ? null : record(newest);
        if (record == null && newest >= 0) {
            record = newestVisible(wanted);
        }
        List<Mail> found = new ArrayList<>(1);
        if (record != null) {
            addVisible(record, found);
        }
        return found;
    }

    /** For when the newest of all is of a transaction that is open or was given up. */
    private @Nullable StoredRecord newestVisible(ByteBuffer key) {
        StoredRecord[] newest = new StoredRecord[1];
        each(
                shard.startOffset(),
                PAGE_BYTES,
                record -> {
                    if (key.equals(record.key())) {
                        newest[0] = record.copy();
                    }
                    return true;
                });
        return newest[0];
    }

    /** The oldest mails from a time on that have all the tags. */
    List<Mail> matching(List<String> tags, long sinceMillis, int limit, int maxBytes) {
        long from =
                sinceMillis <= 0
                        ? shard.startOffset()
                        : shard.offsetForTime(sinceMillis).join().orElse(committed.end());
        List<Mail> found = new ArrayList<>();
        int[] bytes = {0};
        each(
                from,
                PAGE_BYTES,
                record -> {
                    if (record.timestamp() >= sinceMillis
                            && (tags.isEmpty() || tagsOf(record).containsAll(tags))
                            && addVisible(record, found)) {
                        bytes[0] += found.getLast().weight();
                    }
                    return found.size() < limit && bytes[0] < maxBytes;
                });
        return found;
    }

    /** Strictly by priority, within one by age. */
    List<Mail> mostUrgent(long from, int limit) {
        Map<Priority, List<Mail>> levels = new EnumMap<>(Priority.class);
        for (Priority priority : Priority.values()) {
            levels.put(priority, new ArrayList<>());
        }
        each(
                from,
                PAGE_BYTES,
                record -> {
                    List<Mail> level =
                            levels.getOrDefault(MailReader.priorityOf(record), List.of());
                    if (level.size() < limit) {
                        addVisible(record, level);
                    }
                    return levels.getOrDefault(Priority.CRITICAL, List.of()).size() < limit;
                });
        return levels.values().stream().flatMap(List::stream).limit(limit).toList();
    }

    private static HashSet<String> tagsOf(StoredRecord record) {
        for (StoredRecord.Header header : record.headers()) {
            ByteBuffer value = header.value();
            if (value != null && header.name().equals(Mq9HeaderCodec.TAGS)) {
                String list = StandardCharsets.UTF_8.decode(value.duplicate()).toString();
                return new HashSet<>(SendOptions.tags(list));
            }
        }
        return new HashSet<>();
    }

    private boolean addVisible(StoredRecord record, List<Mail> to) {
        KeptMessage message = MailReader.message(record, subject, records);
        long expires = message.expiresAt(record.timestamp());
        if (expires >= 0 && expires <= now) {
            return false;
        }
        to.add(
                new Mail(
                        record.offset(),
                        MailReader.priorityOf(record),
                        message,
                        0,
                        record.timestamp()));
        return true;
    }

    /** Shows record after record until the visitor has enough. */
    private void each(long from, int pageBytes, Predicate<StoredRecord> visitor) {
        RecordBatchCursor cursor = new RecordBatchCursor();
        long at = Math.max(from, shard.startOffset());
        long end = committed.end();
        while (at < end) {
            long next = at;
            try (ReadResult page = shard.read(at, pageBytes, true).join()) {
                for (Slice slice : page.slices()) {
                    cursor.reset(slice.toBuffer());
                    while (cursor.next()) {
                        if (cursor.offset() >= end) {
                            return;
                        }
                        if (cursor.offset() >= at && isMail(cursor)) {
                            if (!visitor.test(cursor.record())) {
                                return;
                            }
                        }
                    }
                    if (slice.bytes() > 0) {
                        next = Math.max(next, cursor.lastOffset() + 1);
                    }
                }
                if (next == at) {
                    return;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof StorageException known)
                        || known.kind() != StorageException.Kind.OFFSET_OUT_OF_RANGE) {
                    throw e;
                }
                next = Math.max(at + 1, shard.startOffset());
            }
            at = next;
        }
    }

    private boolean isMail(RecordBatchCursor cursor) {
        return !cursor.isControl()
                && cursor.hasValue()
                && !((cursor.attributes() & RecordBatches.TRANSACTIONAL) != 0
                        && committed.isAborted(cursor.producerId(), cursor.baseOffset()));
    }
}
