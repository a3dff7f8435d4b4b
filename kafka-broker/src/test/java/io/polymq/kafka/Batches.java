package io.polymq.kafka;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Batches as clients make and read them. */
final class Batches {

    private Batches() {}

    static MemoryRecords of(String... values) {
        return MemoryRecords.withRecords(Compression.NONE, records(values));
    }

    static MemoryRecords idempotent(long producer, int epoch, int sequence, String... values) {
        return MemoryRecords.withIdempotentRecords(
                Compression.NONE, producer, (short) epoch, sequence, records(values));
    }

    private static SimpleRecord[] records(String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] =
                    new SimpleRecord(
                            System.currentTimeMillis(),
                            ("k" + i).getBytes(StandardCharsets.UTF_8),
                            values[i].getBytes(StandardCharsets.UTF_8));
        }
        return records;
    }

    static ProduceRequestData produce(int acks, String topic, int partition, MemoryRecords batch) {
        ProduceRequestData request =
                new ProduceRequestData().setAcks((short) acks).setTimeoutMs(5000);
        TopicProduceData data = new TopicProduceData().setName(topic);
        data.partitionData().add(new PartitionProduceData().setIndex(partition).setRecords(batch));
        request.topicData().add(data);
        return request;
    }

    static List<String> values(FetchResponseData response) {
        List<String> values = new ArrayList<>();
        response.responses()
                .forEach(
                        topic ->
                                topic.partitions()
                                        .forEach(partition -> values.addAll(values(partition))));
        return values;
    }

    static List<String> values(FetchResponseData.PartitionData partition) {
        List<String> values = new ArrayList<>();
        for (Record record : ((MemoryRecords) partition.records()).records()) {
            values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
        }
        return values;
    }
}
