package io.polymq.codec.kafka;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.junit.jupiter.api.Tag;

/** Whatever comes in is read, left for more, or refused with the codec's own words. */
@Tag("fuzz")
class RequestDecoderFuzzTest {

    @FuzzTest(maxDuration = "1h")
    void decoderNeverThrowsAnythingElse(byte[] data) {
        RequestDecoder decoder =
                new RequestDecoder(
                        new ServedApis(ApiKeys.clientApis(), List.of()),
                        RequestDecoder.Limits.DEFAULT);
        try {
            decoder.decode(Unpooled.wrappedBuffer(data), 1 << 20);
        } catch (KafkaProtocolException expected) {
            assert expected.reason() != null;
        }
    }

    @FuzzTest(maxDuration = "1h")
    void producedBytesAreAcceptedOrRefused(byte[] data) {
        BatchRules rules =
                new BatchRules(1 << 20, true, false, 1000, 1000, Integer.MAX_VALUE, null);
        ProducedBatch.check(
                MemoryRecords.readableRecords(ByteBuffer.wrap(data)),
                (short) 9,
                rules,
                0,
                BufferSupplier.NO_CACHING);
    }
}
