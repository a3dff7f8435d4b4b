package io.polymq.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes and takes apart batches for tests. */
final class Batches {

    private Batches() {}

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static @Nullable ByteBuffer bytesOrNull(@Nullable String text) {
        return text == null ? null : bytes(text);
    }

    static String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? "null" : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    /** One batch with these values. */
    static ByteBuffer of(String... values) {
        return at(1_000, values);
    }

    static ByteBuffer at(long timestamp, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (String value : values) {
            builder.append(timestamp, null, bytes(value));
        }
        return builder.build();
    }

    static ByteBuffer keyed(long timestamp, String key, @Nullable String value) {
        return new RecordBatchBuilder().append(timestamp, bytes(key), bytesOrNull(value)).build();
    }

    static ByteBuffer together(ByteBuffer... batches) {
        int size = 0;
        for (ByteBuffer batch : batches) {
            size += batch.remaining();
        }
        ByteBuffer all = ByteBuffer.allocate(size);
        for (ByteBuffer batch : batches) {
            all.put(batch.duplicate());
        }
        return all.flip();
    }

    static ByteBuffer sized(int bytes) {
        return new RecordBatchBuilder().append(1_000, null, ByteBuffer.allocate(bytes)).build();
    }

    /** {@code offset=value} of each record. */
    static List<String> records(ReadResult result) throws Exception {
        List<String> found = new ArrayList<>();
        RecordBatchCursor cursor = new RecordBatchCursor();
        try (result) {
            for (Slice slice : result.slices()) {
                ByteBuffer bytes = slice.toBuffer();
                RecordBatches.check(bytes);
                cursor.reset(bytes);
                while (cursor.next()) {
                    found.add(cursor.offset() + "=" + text(cursor.value()));
                }
            }
        }
        return found;
    }

    static List<String> all(Shard shard) throws Exception {
        return from(shard, shard.startOffset());
    }

    static List<String> from(Shard shard, long offset) throws Exception {
        List<String> found = new ArrayList<>();
        long at = offset;
        while (at < shard.highWatermark()) {
            ReadResult result = shard.read(at, 1 << 20, true).get();
            long next = at;
            for (Slice slice : result.slices()) {
                ByteBuffer bytes = slice.toBuffer();
                for (int i = 0; i < bytes.limit(); i += RecordBatches.size(bytes, i)) {
                    next = RecordBatches.nextOffset(bytes, i);
                }
            }
            long from = at;
            records(result).stream()
                    .filter(record -> Long.parseLong(record.split("=", 2)[0]) >= from)
                    .forEach(found::add);
            if (next == at) {
                break;
            }
            at = next;
        }
        return found;
    }
}
