package io.polymq.codec.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.kafka.BatchVerdict.Accepted;
import io.polymq.codec.kafka.BatchVerdict.Refused;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.Snappy;

class ProducedBatchTest {

    private static final long NOW = 1_000_000;
    private static final BatchRules ANY =
            new BatchRules(
                    1 << 20, false, false, Long.MAX_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE, null);

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void aSoundBatchPassesUntouched(String codec) {
        MemoryRecords records = batch(Compression.of(codec).build(), 10);
        ByteBuffer before = copy(records);
        Accepted accepted = (Accepted) check(records, ANY);
        assertThat(accepted.records()).isEqualTo(10);
        assertThat(accepted.batch()).isEqualTo(before);
        assertThat(accepted.idempotent()).isFalse();
    }

    @Test
    void noRecordsAreInvalid() {
        assertRefused(check(MemoryRecords.EMPTY, ANY), Errors.INVALID_RECORD);
    }

    @Test
    void aWrongChecksumIsCorrupt() {
        MemoryRecords records = batch(Compression.NONE, 3);
        records.buffer().put(70, (byte) (records.buffer().get(70) ^ 1));
        assertRefused(check(records, ANY), Errors.CORRUPT_MESSAGE);
    }

    @Test
    void aSecondBatchIsRefused() {
        ByteBuffer one = batch(Compression.NONE, 1).buffer();
        ByteBuffer two = ByteBuffer.allocate(2 * one.remaining());
        two.put(one.duplicate()).put(one.duplicate()).flip();
        assertRefused(check(MemoryRecords.readableRecords(two), ANY), Errors.INVALID_RECORD);
    }

    @Test
    void everyPrefixOfABatchIsRefused() {
        ByteBuffer whole = batch(Compression.NONE, 3).buffer();
        for (int end = 1; end < whole.limit(); end++) {
            ByteBuffer cut = copy(MemoryRecords.readableRecords(whole.duplicate().limit(end)));
            assertThat(check(MemoryRecords.readableRecords(cut), ANY)).isInstanceOf(Refused.class);
        }
    }

    @ParameterizedTest
    @ValueSource(bytes = {0, 1})
    void oldFormatsAreRefused(byte magic) {
        MemoryRecords records =
                MemoryRecords.withRecords(
                        magic, Compression.NONE, new SimpleRecord(1L, "v".getBytes()));
        assertRefused(check(records, ANY), Errors.INVALID_RECORD);
    }

    @Test
    void zstdNeedsProduceSeven() {
        MemoryRecords records = batch(Compression.zstd().build(), 1);
        assertRefused(
                ProducedBatch.check(records, (short) 6, ANY, NOW, BufferSupplier.NO_CACHING),
                Errors.UNSUPPORTED_COMPRESSION_TYPE);
    }

    @Test
    void aLargeBatchIsRefusedBeforeItIsLookedAt() {
        BatchRules small = new BatchRules(70, false, false, 1, 1, Integer.MAX_VALUE, null);
        assertRefused(check(batch(Compression.NONE, 10), small), Errors.MESSAGE_TOO_LARGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip"})
    void aCompactedTopicTakesNoRecordWithoutKey(String codec) {
        BatchRules compacted =
                new BatchRules(
                        1 << 20,
                        true,
                        false,
                        Long.MAX_VALUE,
                        Long.MAX_VALUE,
                        Integer.MAX_VALUE,
                        null);
        MemoryRecords records =
                MemoryRecords.withRecords(
                        Compression.of(codec).build(),
                        new SimpleRecord(1L, "k".getBytes(), "v".getBytes()),
                        new SimpleRecord(1L, null, "v".getBytes()));
        Refused refused = assertRefused(check(records, compacted), Errors.INVALID_RECORD);
        assertThat(refused.records()).hasSize(1);
        assertThat(refused.records().getFirst().batchIndex()).isEqualTo(1);
    }

    @Test
    void timesTooFarAwayAreListed() {
        BatchRules strict = new BatchRules(1 << 20, false, false, 100, 50, Integer.MAX_VALUE, null);
        MemoryRecords records =
                MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(NOW - 101, "a".getBytes()),
                        new SimpleRecord(NOW, "b".getBytes()),
                        new SimpleRecord(NOW + 51, "c".getBytes()));
        Refused refused = assertRefused(check(records, strict), Errors.INVALID_TIMESTAMP);
        assertThat(refused.records()).extracting("batchIndex").containsExactly(0, 2);
    }

    @Test
    void appendTimeStampsTheBatchAndItsChecksum() {
        BatchRules append = new BatchRules(1 << 20, false, true, 0, 0, Integer.MAX_VALUE, null);
        Accepted accepted = (Accepted) check(batch(Compression.NONE, 2), append);
        MutableRecordBatch batch = first(accepted);
        batch.ensureValid();
        assertThat(batch.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(batch.maxTimestamp()).isEqualTo(NOW);
    }

    @Test
    void aRecordThatInflatesBeyondTheLimitIsRefused() {
        BatchRules small =
                new BatchRules(1 << 20, false, false, Long.MAX_VALUE, Long.MAX_VALUE, 1_000, null);
        MemoryRecords records =
                MemoryRecords.withRecords(
                        Compression.of("gzip").build(),
                        new SimpleRecord(NOW, new byte[900]),
                        new SimpleRecord(NOW, new byte[100_000]));
        Refused refused = assertRefused(check(records, small), Errors.INVALID_RECORD);
        assertThat(refused.records()).extracting("batchIndex").containsExactly(1);
        MemoryRecords plain =
                MemoryRecords.withRecords(
                        Compression.NONE, new SimpleRecord(NOW, new byte[100_000]));
        assertThat(check(plain, small)).isInstanceOf(Accepted.class);
    }

    @Test
    void aLyingLargestTimestampIsPutRight() {
        MemoryRecords records = batch(Compression.NONE, 2);
        records.batches().iterator().next().setMaxTimestamp(TimestampType.CREATE_TIME, 5_000_000);
        MutableRecordBatch batch = first((Accepted) check(records, ANY));
        batch.ensureValid();
        assertThat(batch.maxTimestamp()).isEqualTo(NOW + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void aTopicMayAskForAnotherCompression(String codec) {
        Compression target = Compression.of(codec).build();
        BatchRules rules =
                new BatchRules(
                        1 << 20,
                        false,
                        false,
                        Long.MAX_VALUE,
                        Long.MAX_VALUE,
                        Integer.MAX_VALUE,
                        target);
        String from = codec.equals("lz4") ? "gzip" : "lz4";
        MemoryRecords records =
                MemoryRecords.withIdempotentRecords(
                        Compression.of(from).build(),
                        7L,
                        (short) 2,
                        40,
                        simple(20).toArray(SimpleRecord[]::new));
        Accepted accepted = (Accepted) check(records, rules);
        MutableRecordBatch batch = first(accepted);
        batch.ensureValid();
        assertThat(batch.compressionType()).isEqualTo(CompressionType.forName(codec));
        assertThat(batch.producerId()).isEqualTo(7);
        assertThat(batch.producerEpoch()).isEqualTo((short) 2);
        assertThat(batch.baseSequence()).isEqualTo(40);
        List<String> values = new ArrayList<>();
        for (Record record : batch) {
            values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
        }
        assertThat(values).hasSize(20).startsWith("value-0").endsWith("value-19");
    }

    @Test
    void aRecordCountThatLiesIsInvalid() {
        MemoryRecords records = batch(Compression.NONE, 3);
        records.buffer().putInt(57, 4);
        seal(records.buffer());
        assertRefused(check(records, ANY), Errors.INVALID_RECORD);
        records = batch(Compression.NONE, 3);
        records.buffer().putInt(57, 2).putInt(23, 1);
        seal(records.buffer());
        assertRefused(check(records, ANY), Errors.INVALID_RECORD);
    }

    @Test
    void controlBatchesAreNotForClients() {
        MemoryRecords records = batch(Compression.NONE, 1);
        records.buffer().putShort(21, (short) 0x20);
        seal(records.buffer());
        assertRefused(check(records, ANY), Errors.INVALID_RECORD);
    }

    @Test
    void oneRawSnappyBlockIsTakenAsTheFramesOfJavaAre() throws Exception {
        byte[] plain = records(batch(Compression.NONE, 5));

        assertThat(compressed(CompressionType.SNAPPY, Snappy.compress(plain))).isEqualTo(5);
    }

    @Test
    void gzipMayComeInSeveralMembers() throws Exception {
        byte[] plain = records(batch(Compression.NONE, 5));
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        for (int from = 0; from < plain.length; from += 40) {
            try (GZIPOutputStream member = new GZIPOutputStream(members)) {
                member.write(plain, from, Math.min(40, plain.length - from));
            }
        }

        assertThat(compressed(CompressionType.GZIP, members.toByteArray())).isEqualTo(5);
    }

    private static byte[] records(MemoryRecords batch) {
        byte[] records = new byte[batch.sizeInBytes() - 61];
        batch.buffer().get(61, records);
        return records;
    }

    /** How many records are accepted of a batch of five that somebody else has compressed. */
    private static int compressed(CompressionType type, byte[] records) {
        ByteBuffer header = batch(Compression.NONE, 5).buffer().slice(0, 61);
        ByteBuffer batch = ByteBuffer.allocate(61 + records.length).put(header).put(records).flip();
        batch.putInt(8, batch.limit() - 12).putShort(21, (short) type.id);
        seal(batch);
        return ((Accepted) check(MemoryRecords.readableRecords(batch), ANY)).records();
    }

    @Test
    void changedRecordBytesNeverThrow() {
        for (String codec : List.of("none", "gzip", "lz4", "snappy", "zstd")) {
            ByteBuffer whole = batch(Compression.of(codec).build(), 4).buffer();
            for (int at = 61; at < whole.limit(); at++) {
                for (int bit = 0; bit < 8; bit++) {
                    ByteBuffer changed = copy(MemoryRecords.readableRecords(whole));
                    changed.put(at, (byte) (changed.get(at) ^ 1 << bit));
                    seal(changed);
                    assertThat(check(MemoryRecords.readableRecords(changed), ANY)).isNotNull();
                }
            }
        }
    }

    private static BatchVerdict check(MemoryRecords records, BatchRules rules) {
        return ProducedBatch.check(records, (short) 9, rules, NOW, BufferSupplier.NO_CACHING);
    }

    private static Refused assertRefused(BatchVerdict verdict, Errors error) {
        assertThat(verdict).isInstanceOf(Refused.class);
        assertThat(((Refused) verdict).error()).isEqualTo(error);
        return (Refused) verdict;
    }

    private static MutableRecordBatch first(Accepted accepted) {
        return MemoryRecords.readableRecords(accepted.batch()).batches().iterator().next();
    }

    private static MemoryRecords batch(Compression compression, int records) {
        return MemoryRecords.withRecords(compression, simple(records).toArray(SimpleRecord[]::new));
    }

    private static List<SimpleRecord> simple(int records) {
        List<SimpleRecord> simple = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            simple.add(
                    new SimpleRecord(NOW + i, ("key-" + i).getBytes(), ("value-" + i).getBytes()));
        }
        return simple;
    }

    private static ByteBuffer copy(MemoryRecords records) {
        ByteBuffer copy = ByteBuffer.allocate(records.buffer().remaining());
        return copy.put(records.buffer().duplicate()).flip();
    }

    private static void seal(ByteBuffer batch) {
        CRC32C crc = new CRC32C();
        crc.update(batch.slice(21, batch.limit() - 21));
        batch.putInt(17, (int) crc.getValue());
    }
}
