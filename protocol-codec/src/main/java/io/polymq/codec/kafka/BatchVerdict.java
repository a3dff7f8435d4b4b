package io.polymq.codec.kafka;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;

/** What came of looking at a produced batch. */
public sealed interface BatchVerdict {

    /**
     * One sound v2 batch, ready to be appended.
     *
     * @param batch the bytes, the producer's own unless the topic asked for a change
     * @param records how many
     * @param producerId -1 when the producer is not idempotent
     */
    record Accepted(
            ByteBuffer batch,
            int records,
            long producerId,
            short producerEpoch,
            int baseSequence,
            boolean transactional)
            implements BatchVerdict {

        public boolean idempotent() {
            return producerId >= 0;
        }
    }

    /**
     * Refused whole.
     *
     * @param records the records at fault, where these can be told
     */
    record Refused(Errors error, String message, List<BatchIndexAndErrorMessage> records)
            implements BatchVerdict {

        static Refused of(Errors error, String message) {
            return new Refused(error, message, List.of());
        }
    }
}
