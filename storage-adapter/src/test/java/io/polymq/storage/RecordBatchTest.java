package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batches against Kafka's own classes, both ways. */
class RecordBatchTest {

    private static List<SimpleRecord> samples() {
        List<SimpleRecord> records = new ArrayList<>();
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            byte[] value = new byte[random.nextInt(400)];
            random.nextBytes(value);
            Header[] headers = new Header[random.nextInt(3)];
            for (int h = 0; h < headers.length; h++) {
                headers[h] =
                        new RecordHeader(
                                "h\u00e9" + h, random.nextInt(4) == 0 ? null : new byte[] {1, 2});
            }
            records.add(
                    new SimpleRecord(
                            1_000_000 + random.nextInt(5000) - 2000,
                            i % 3 == 0 ? null : ("key" + i).getBytes(),
                            i % 5 == 0 ? null : value,
                            headers));
        }
        return records;
    }

    @Test
    void aValueOutOfAnArrayIsWrittenAsOneOutOfABuffer() {
        byte[] among = "the value among others".getBytes();
        RecordBatchBuilder one = new RecordBatchBuilder();
        RecordBatchBuilder other = new RecordBatchBuilder();
        for (RecordHeaders headers :
                new RecordHeaders[] {null, new RecordHeaders().add("h", new byte[] {1})}) {
            for (int size : new int[] {0, 5}) {
                one.append(1000 + size, among, 4, size, headers);
                other.append(1000 + size, null, ByteBuffer.wrap(among, 4, size), headers);
            }
        }
        assertThat(one.count()).isEqualTo(4);
        assertThat(one.build()).isEqualTo(other.build());
    }

    @ParameterizedTest
    @EnumSource
    void cursorReadsWhatKafkaWrote(BatchCompression compression) {
        List<SimpleRecord> samples = samples();
        MemoryRecords records =
                MemoryRecords.withRecords(
                        500L,
                        Compression.of(compression.name().toLowerCase(java.util.Locale.ROOT))
                                .build(),
                        samples.toArray(new SimpleRecord[0]));
        assertThat(RecordBatches.check(records.buffer())).isEqualTo(1);
        RecordBatchCursor cursor = new RecordBatchCursor().reset(records.buffer());
        for (int i = 0; i < samples.size(); i++) {
            SimpleRecord expected = samples.get(i);
            assertThat(cursor.next()).isTrue();
            StoredRecord actual = cursor.record();
            assertThat(actual.offset()).isEqualTo(500 + i);
            assertThat(actual.timestamp()).isEqualTo(expected.timestamp());
            assertThat(actual.key()).isEqualTo(expected.key());
            assertThat(actual.value()).isEqualTo(expected.value());
            assertThat(actual.headers()).hasSize(expected.headers().length);
            for (int h = 0; h < expected.headers().length; h++) {
                assertThat(actual.headers().get(h).name()).isEqualTo(expected.headers()[h].key());
                ByteBuffer value = actual.headers().get(h).value();
                byte[] wanted = expected.headers()[h].value();
                assertThat(value).isEqualTo(wanted == null ? null : ByteBuffer.wrap(wanted));
            }
        }
        assertThat(cursor.next()).isFalse();
        assertThat(cursor.next()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void kafkaReadsWhatTheBuilderWrote(BatchCompression compression) {
        List<SimpleRecord> samples = samples();
        RecordBatchBuilder builder = new RecordBatchBuilder(compression);
        RecordHeaders headers = new RecordHeaders();
        for (SimpleRecord sample : samples) {
            headers.clear();
            for (Header header : sample.headers()) {
                headers.add(
                        header.key(),
                        header.value() == null ? null : ByteBuffer.wrap(header.value()));
            }
            builder.append(sample.timestamp(), sample.key(), sample.value(), headers);
        }
        builder.producer(9, (short) 2, 77);
        MutableRecordBatch batch =
                MemoryRecords.readableRecords(builder.build()).batches().iterator().next();
        batch.ensureValid();
        assertThat(batch.producerId()).isEqualTo(9);
        assertThat(batch.producerEpoch()).isEqualTo((short) 2);
        assertThat(batch.baseSequence()).isEqualTo(77);
        assertThat(batch.lastOffset()).isEqualTo(samples.size() - 1);
        assertThat(batch.maxTimestamp())
                .isEqualTo(samples.stream().mapToLong(SimpleRecord::timestamp).max().orElse(0));
        int i = 0;
        for (Record record : batch) {
            assertThat(new SimpleRecord(record)).isEqualTo(samples.get(i++));
        }
        assertThat(i).isEqualTo(samples.size());
    }

    @Test
    void everyCutIsRefused() {
        ByteBuffer batch = Batches.of("one", "two");
        for (int cut = 0; cut < batch.limit(); cut++) {
            ByteBuffer prefix = batch.slice(0, cut);
            assertThatThrownBy(() -> RecordBatches.check(prefix))
                    .isInstanceOf(StorageException.class);
        }
    }

    @Test
    void everyFlippedBitBehindTheEpochIsRefused() {
        ByteBuffer batch = Batches.of("one", "two");
        for (int bit = 16 * 8; bit < batch.limit() * 8; bit++) {
            ByteBuffer copy = ByteBuffer.allocate(batch.limit()).put(batch.duplicate()).flip();
            copy.put(bit / 8, (byte) (copy.get(bit / 8) ^ 1 << bit % 8));
            assertThatThrownBy(() -> RecordBatches.check(copy))
                    .as("bit %d", bit)
                    .isInstanceOf(StorageException.class);
        }
    }

    @Test
    void cursorNeverFailsOtherThanAsCorrupt() {
        Random random = new Random(11);
        for (int round = 0; round < 20_000; round++) {
            ByteBuffer batch = Batches.keyed(5, "key", "value");
            for (int i = random.nextInt(3); i >= 0; i--) {
                int at = 21 + random.nextInt(batch.limit() - 21);
                batch.put(at, (byte) random.nextInt());
            }
            try {
                RecordBatchCursor cursor = new RecordBatchCursor(1 << 20).reset(batch);
                while (cursor.next()) {
                    assertThat(cursor.record()).isNotNull();
                }
            } catch (StorageException e) {
                assertThat(e.kind())
                        .isIn(StorageException.Kind.CORRUPT_BATCH, StorageException.Kind.TOO_LARGE);
            }
        }
    }

    @Test
    void unpackingIsBounded() {
        ByteBuffer bomb =
                new RecordBatchBuilder(BatchCompression.GZIP)
                        .append(1, null, ByteBuffer.allocate(10 << 20))
                        .build();
        RecordBatchCursor cursor = new RecordBatchCursor(1 << 20).reset(bomb);
        assertThatThrownBy(cursor::next)
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.TOO_LARGE));
    }

    @Test
    void appendTimeReplacesTheRecordsTimes() {
        ByteBuffer batch =
                new RecordBatchBuilder()
                        .attributes(RecordBatches.LOG_APPEND_TIME)
                        .append(5, null, Batches.bytes("a"))
                        .append(9, null, Batches.bytes("b"))
                        .build();
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batch);
        cursor.next();
        assertThat(cursor.timestamp()).isEqualTo(9);
    }

    @Test
    void seekFindsWhatAWalkFindsThoughOffsetsAreMissing() {
        Random random = new Random(11);
        for (int round = 0; round < 200; round++) {
            RecordBatchBuilder first = new RecordBatchBuilder();
            RecordBatchBuilder second = new RecordBatchBuilder();
            for (RecordBatchBuilder batch : List.of(first, second)) {
                int delta = 0;
                for (int left = 1 + random.nextInt(30); left > 0; left--) {
                    delta += random.nextInt(4) == 0 ? random.nextInt(9) : 0;
                    ByteBuffer value = ByteBuffer.allocate(random.nextInt(200));
                    batch.appendAt(delta++, 1_000, null, value, null);
                }
            }
            ByteBuffer batches = Batches.together(first.build(), second.build());
            int behind = RecordBatches.size(batches, 0);
            batches.putLong(behind, RecordBatches.nextOffset(batches, 0) + random.nextInt(5));
            RecordBatchCursor walk = new RecordBatchCursor().reset(batches);
            List<Long> there = new ArrayList<>();
            while (walk.next()) {
                there.add(walk.offset());
            }
            for (long offset = 0; offset < there.getLast() + 3; offset++) {
                RecordBatchCursor seeking = new RecordBatchCursor().reset(batches);
                assertThat(seeking.seek(offset)).isEqualTo(there.contains(offset));
                assertThat(!there.contains(offset) || seeking.offset() == offset).isTrue();
            }
        }
    }
}
