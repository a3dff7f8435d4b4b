package io.polymq.kafka;

import java.io.IOException;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Requests that many tests need. */
final class Requests {

    private Requests() {}

    static CreatableTopic topic(String name, int partitions, Map<String, String> settings) {
        CreatableTopic topic =
                new CreatableTopic()
                        .setName(name)
                        .setNumPartitions(partitions)
                        .setReplicationFactor((short) -1);
        settings.forEach(
                (key, value) ->
                        topic.configs()
                                .add(new CreatableTopicConfig().setName(key).setValue(value)));
        return topic;
    }

    static short create(RawClient client, String name, int partitions, Map<String, String> settings)
            throws IOException {
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(5000);
        request.topics().add(topic(name, partitions, settings));
        return client.ask(ApiKeys.CREATE_TOPICS, 7, request, CreateTopicsResponseData.class)
                .topics()
                .find(name)
                .errorCode();
    }

    static MetadataResponseData metadata(RawClient client, boolean create, String... names)
            throws IOException {
        return client.ask(
                ApiKeys.METADATA,
                12,
                metadataRequest(names).setAllowAutoTopicCreation(create),
                MetadataResponseData.class);
    }

    static MetadataRequestData metadataRequest(String... names) {
        MetadataRequestData request = new MetadataRequestData();
        for (String name : names) {
            request.topics().add(new MetadataRequestTopic().setName(name));
        }
        return request;
    }

    static Uuid id(RawClient client, String name) throws IOException {
        return metadata(client, false, name).topics().find(name).topicId();
    }

    static FetchRequestData fetch(
            int maxWait, int minBytes, String topic, int partition, long from) {
        FetchRequestData request =
                new FetchRequestData()
                        .setMaxWaitMs(maxWait)
                        .setMinBytes(minBytes)
                        .setMaxBytes(1 << 20)
                        .setSessionEpoch(-1);
        FetchTopic of = new FetchTopic().setTopic(topic);
        of.partitions()
                .add(
                        new FetchPartition()
                                .setPartition(partition)
                                .setFetchOffset(from)
                                .setPartitionMaxBytes(1 << 20));
        request.topics().add(of);
        return request;
    }

    static FetchResponseData fetch(RawClient client, FetchRequestData request) throws IOException {
        return client.ask(ApiKeys.FETCH, 12, request, FetchResponseData.class);
    }
}
