package io.polymq.kafka.produce;

import io.netty.util.concurrent.FastThreadLocal;
import io.polymq.codec.kafka.BatchVerdict;
import io.polymq.codec.kafka.BatchVerdict.Accepted;
import io.polymq.codec.kafka.BatchVerdict.Refused;
import io.polymq.codec.kafka.ProducedBatch;
import io.polymq.core.topic.Topic.RefusedRecord;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.KafkaMetrics;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.storage.Durability;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.jspecify.annotations.Nullable;

/** Serves Produce. Connection zone; its parts end on storage's completion threads. */
public final class ProduceHandler {

    private static final short FIRST_VERSION_BY_ID = 13;
    private static final short ALL = -1;

    private final TopicCatalog catalog;
    private final Access access;
    private final InstantSource clock;
    private final KafkaMetrics metrics;
    private final ProducerTransactions transactions;
    private final FastThreadLocal<BufferSupplier> buffers =
            new FastThreadLocal<>() {
                @Override
                protected BufferSupplier initialValue() {
                    return BufferSupplier.create();
                }
            };

    public ProduceHandler(
            TopicCatalog catalog,
            Access access,
            InstantSource clock,
            KafkaMetrics metrics,
            ProducerTransactions transactions) {
        this.catalog = catalog;
        this.access = access;
        this.clock = clock;
        this.metrics = metrics;
        this.transactions = transactions;
    }

    public void produce(Exchange exchange) {
        ProduceRequestData request = exchange.body(ProduceRequestData.class);
        Production production = new Production(exchange, request.acks());
        Errors refusal = refusal(exchange, request);
        TransactionalProduce transactional =
                request.transactionalId() == null ? null : new TransactionalProduce(transactions);
        for (TopicProduceData topic : request.topicData()) {
            KafkaTopic found = find(exchange, topic);
            Errors error =
                    refusal != Errors.NONE ? refusal : topicError(exchange, topic, found, request);
            for (PartitionProduceData partition : topic.partitionData()) {
                Production.Part part = production.part(topic, partition.index());
                if (error != Errors.NONE || found == null) {
                    part.refuse(error, null);
                } else {
                    append(exchange, found, partition, part, transactional);
                }
            }
        }
        if (transactional != null) {
            transactional.begin(exchange, request.transactionalId());
        }
        production.seal();
    }

    private Errors refusal(Exchange exchange, ProduceRequestData request) {
        short acks = request.acks();
        if (acks < ALL || acks > 1) {
            return Errors.INVALID_REQUIRED_ACKS;
        }
        String transactionalId = request.transactionalId();
        if (transactionalId != null && !access.mayTransact(exchange.client(), transactionalId)) {
            return Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
        }
        return Errors.NONE;
    }

    private @Nullable KafkaTopic find(Exchange exchange, TopicProduceData topic) {
        String tenant = exchange.client().tenant();
        return exchange.version() >= FIRST_VERSION_BY_ID
                ? catalog.find(tenant, topic.topicId())
                : catalog.find(tenant, topic.name());
    }

    private Errors topicError(
            Exchange exchange,
            TopicProduceData topic,
            @Nullable KafkaTopic found,
            ProduceRequestData request) {
        boolean byId = exchange.version() >= FIRST_VERSION_BY_ID;
        if (found == null) {
            if (byId) {
                return Errors.UNKNOWN_TOPIC_ID;
            }
            return access.mayWrite(exchange.client(), topic.name())
                    ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                    : Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        if (!access.mayWrite(exchange.client(), found.name())) {
            return Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        return request.acks() == ALL && found.minInsyncReplicas() > 1
                ? Errors.NOT_ENOUGH_REPLICAS
                : Errors.NONE;
    }

    private void append(
            Exchange exchange,
            KafkaTopic topic,
            PartitionProduceData data,
            Production.Part part,
            @Nullable TransactionalProduce transactional) {
        if (!topic.hasPartition(data.index())) {
            part.refuse(Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
            return;
        }
        if (!(data.records() instanceof MemoryRecords records)) {
            part.refuse(Errors.INVALID_RECORD, "no record batch");
            return;
        }
        long now = clock.millis();
        BatchVerdict verdict =
                ProducedBatch.check(records, exchange.version(), topic.rules(), now, buffers.get());
        switch (verdict) {
            case Refused refused -> part.refuse(refused);
            case Accepted accepted -> {
                RefusedRecord unfit = topic.topic().refused(accepted.batch());
                if (unfit != null) {
                    part.refuse(unfit(unfit));
                    return;
                }
                exchange.countMessages(accepted.records());
                part.at(topic.rules().appendTime() ? now : -1);
                metrics.produced();
                ProducedPart produced =
                        new ProducedPart(
                                topic, data.index(), accepted, level(exchange, topic), part);
                if (!accepted.transactional()) {
                    produced.append(exchange.loop());
                } else if (transactional == null) {
                    part.refuse(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, null);
                } else {
                    transactional.add(produced);
                }
            }
        }
    }

    private static Refused unfit(RefusedRecord record) {
        return new Refused(
                Errors.INVALID_RECORD,
                record.why(),
                List.of(
                        new BatchIndexAndErrorMessage()
                                .setBatchIndex(record.index())
                                .setBatchIndexErrorMessage(record.why())));
    }

    private static Durability level(Exchange exchange, KafkaTopic topic) {
        Durability asked = topic.spec().shard().durability();
        short acks = exchange.body(ProduceRequestData.class).acks();
        return acks == 0 && asked == Durability.SYNC ? Durability.OS : asked;
    }
}
