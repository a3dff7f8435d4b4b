package io.polymq.kafka.produce;

import io.polymq.codec.kafka.BatchVerdict.Refused;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.topic.KafkaTopic;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One Produce request on its way: its parts, a partition each, end on whichever thread; the last
 * one answers. A part is touched by one thread at a time.
 */
final class Production {

    private final Exchange exchange;
    private final boolean answered;
    private final ProduceResponseData response = new ProduceResponseData();
    private final AtomicInteger open = new AtomicInteger(1);
    private final AtomicReference<@Nullable Errors> failure = new AtomicReference<>();
    private @Nullable TopicProduceResponse current;
    private @Nullable TopicProduceData currentRequest;

    Production(Exchange exchange, short acks) {
        this.exchange = exchange;
        this.answered = acks != 0;
    }

    /** The next part, while the request is walked through. */
    Part part(TopicProduceData topic, int partition) {
        TopicProduceResponse into = current;
        if (into == null || currentRequest != topic) {
            into = new TopicProduceResponse().setName(topic.name()).setTopicId(topic.topicId());
            response.responses().add(into);
            current = into;
            currentRequest = topic;
        }
        PartitionProduceResponse of =
                new PartitionProduceResponse().setIndex(partition).setBaseOffset(-1);
        into.partitionResponses().add(of);
        open.incrementAndGet();
        return new Part(of);
    }

    /** All parts have begun. */
    void seal() {
        finish();
    }

    private void finish() {
        if (open.decrementAndGet() != 0) {
            return;
        }
        Errors failed = failure.get();
        if (answered) {
            exchange.respond(response);
        } else if (failed != null) {
            exchange.disconnect("an unacknowledged produce failed: " + failed);
        } else {
            exchange.respondNothing();
        }
    }

    /** One partition's part. */
    final class Part {

        private final PartitionProduceResponse of;

        Part(PartitionProduceResponse of) {
            this.of = of;
        }

        /** The time that the broker gave to the records; -1 when they keep their own. */
        void at(long appendTime) {
            of.setLogAppendTimeMs(appendTime);
        }

        void refuse(Refused refused) {
            of.setRecordErrors(refused.records());
            refuse(refused.error(), refused.message());
        }

        void refuse(Errors error, @Nullable String message) {
            failure.compareAndSet(null, error);
            of.setErrorCode(error.code())
                    .setErrorMessage(message)
                    .setBaseOffset(-1)
                    .setLogAppendTimeMs(-1)
                    .setLogStartOffset(-1);
            finish();
        }

        void done(KafkaTopic topic, int partition, long base, @Nullable Throwable failed) {
            if (failed != null) {
                refuse(KafkaErrors.of(failed), failed.getMessage());
                return;
            }
            of.setBaseOffset(base)
                    .setLogStartOffset(topic.topic().partition(partition).startOffset());
            finish();
        }

        /** For a batch that had come before. */
        void again(
                KafkaTopic topic, int partition, @Nullable Long base, @Nullable Throwable failed) {
            done(topic, partition, base == null ? -1 : base, failed);
        }
    }
}
