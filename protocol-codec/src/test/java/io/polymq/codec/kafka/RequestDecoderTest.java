package io.polymq.codec.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.codec.kafka.KafkaProtocolException.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RequestDecoderTest {

    private static final int LIMIT = 1 << 20;

    private final ServedApis apis = new ServedApis(ApiKeys.clientApis(), List.of());
    private final RequestDecoder decoder = new RequestDecoder(apis, RequestDecoder.Limits.DEFAULT);

    static Stream<ApiKeys> keys() {
        return ApiKeys.clientApis().stream().filter(ApiKeys::hasValidVersion);
    }

    @ParameterizedTest
    @MethodSource("keys")
    void everyVersionIsReadAsKafkaWroteIt(ApiKeys key) {
        for (short version = key.oldestVersion(); version <= key.latestVersion(false); version++) {
            for (int seed = 0; seed < 20; seed++) {
                byte[] golden = new GoldenFrames(seed).request(key, version, seed, "client-1");
                KafkaRequest request = decoder.decode(Unpooled.wrappedBuffer(golden), LIMIT);
                assertThat(request).isNotNull();
                assertThat(request.key()).isEqualTo(key);
                assertThat(request.version()).isEqualTo(version);
                assertThat(request.correlationId()).isEqualTo(seed);
                assertThat(request.clientId()).isEqualTo("client-1");
                assertThat(request.body())
                        .as("%s v%d seed %d", key, version, seed)
                        .isEqualTo(readByKafka(golden, key, version));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("keys")
    void everyPrefixAsksForMoreAndConsumesNothing(ApiKeys key) {
        byte[] golden = new GoldenFrames(1).request(key, key.latestVersion(false), 1, "c");
        for (int end = 0; end < golden.length; end++) {
            ByteBuf in = Unpooled.wrappedBuffer(golden, 0, end);
            assertThat(decoder.decode(in, LIMIT)).isNull();
            assertThat(in.readerIndex()).isZero();
        }
    }

    @Test
    void requestsBehindEachOtherAreReadOneByOne() {
        byte[] first = new GoldenFrames(1).request(ApiKeys.METADATA, (short) 12, 7, "a");
        byte[] second = new GoldenFrames(2).request(ApiKeys.FETCH, (short) 17, 8, "a");
        ByteBuf in = Unpooled.wrappedBuffer(first, second);
        assertThat(decoder.decode(in, LIMIT).correlationId()).isEqualTo(7);
        assertThat(decoder.decode(in, LIMIT).correlationId()).isEqualTo(8);
        assertThat(decoder.decode(in, LIMIT)).isNull();
    }

    @Test
    void anApiVersionsRequestOfAnUnknownVersionIsToldWhichAreKnown() {
        ByteBuf in = Unpooled.buffer();
        in.writeInt(10).writeShort(ApiKeys.API_VERSIONS.id).writeShort(99).writeInt(5);
        in.writeShort(-1);
        KafkaRequest request = decoder.decode(in, LIMIT);
        assertThat(request.versionServed()).isFalse();
        assertThat(request.version()).isZero();
        assertThat(request.correlationId()).isEqualTo(5);
        assertThat(apis.refusal().errorCode()).isEqualTo((short) 35);
        assertThat(apis.refusal().apiKeys().find(ApiKeys.API_VERSIONS.id).maxVersion())
                .isEqualTo(ApiKeys.API_VERSIONS.latestVersion(false));
    }

    @Test
    void aKeyThatIsNotServedIsRefusedBeforeItsFrameHasCome() {
        ServedApis few = new ServedApis(EnumSet.of(ApiKeys.METADATA), List.of());
        RequestDecoder strict = new RequestDecoder(few, RequestDecoder.Limits.DEFAULT);
        ByteBuf in = Unpooled.buffer().writeInt(100).writeShort(0).writeShort(3).writeInt(1);
        assertRefused(strict, in, Reason.UNKNOWN_KEY);
        in = Unpooled.buffer().writeInt(100).writeShort(9999).writeShort(3).writeInt(1);
        assertRefused(strict, in, Reason.UNKNOWN_KEY);
    }

    @Test
    void aVersionThatIsNotServedIsRefused() {
        ByteBuf in = Unpooled.buffer().writeInt(8).writeShort(0).writeShort(2).writeInt(1);
        assertRefused(decoder, in, Reason.UNSUPPORTED_VERSION);
    }

    @Test
    void lyingFrameLengthsAreRefusedAtOnce() {
        for (int length : new int[] {-1, Integer.MIN_VALUE, 0, 7, LIMIT + 1, Integer.MAX_VALUE}) {
            assertRefused(decoder, Unpooled.buffer().writeInt(length), Reason.FRAME_LENGTH);
        }
    }

    @Test
    void onlyProduceMayBeAsLargeAsTheConnectionTakes() {
        int large = RequestDecoder.Limits.DEFAULT.otherBytes() + 1;
        ByteBuf produce = Unpooled.buffer().writeInt(large).writeShort(0).writeShort(9).writeInt(1);
        assertThat(decoder.decode(produce, 100 << 20)).isNull();
        ByteBuf fetch = Unpooled.buffer().writeInt(large).writeShort(1).writeShort(9).writeInt(1);
        assertThatThrownBy(() -> decoder.decode(fetch, 100 << 20))
                .isInstanceOf(KafkaProtocolException.class);
    }

    @Test
    void lyingLengthsInsideAreRefusedWithoutAllocation() {
        ByteBuffer frame = ByteBuffer.allocate(4 + 8 + 3 + 4);
        frame.putInt(15).putShort(ApiKeys.METADATA.id).putShort((short) 1).putInt(1);
        frame.putShort((short) 1).put((byte) 'c').putInt(Integer.MAX_VALUE);
        assertRefused(decoder, Unpooled.wrappedBuffer(frame.array()), Reason.MALFORMED);
    }

    @Test
    void aChangedByteIsReadOrRefusedButNeverAnythingElse() {
        for (ApiKeys key : keys().toList()) {
            byte[] golden = new GoldenFrames(5).request(key, key.latestVersion(false), 1, "c");
            for (int at = 8; at < Math.min(golden.length, 200); at++) {
                for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
                    byte[] changed = golden.clone();
                    changed[at] = (byte) value;
                    try {
                        decoder.decode(Unpooled.wrappedBuffer(changed), LIMIT);
                    } catch (KafkaProtocolException refused) {
                        assertThat(refused.reason()).isNotNull();
                    }
                }
            }
        }
    }

    @Test
    void aCollectionHasNoMoreElementsThanTheLimit() {
        RequestDecoder strict =
                new RequestDecoder(apis, new RequestDecoder.Limits(LIMIT, LIMIT, 10));
        MetadataRequestData body = new MetadataRequestData();
        for (int i = 0; i < 11; i++) {
            body.topics().add(new MetadataRequestData.MetadataRequestTopic().setName("t" + i));
        }
        ByteBuf in = frame(ApiKeys.METADATA, (short) 9, body);
        assertRefused(strict, in, Reason.MALFORMED);
    }

    @Test
    void unknownTaggedFieldsAreSkipped() {
        MetadataRequestData body = new MetadataRequestData();
        body.unknownTaggedFields().add(new RawTaggedField(1000, new byte[] {1, 2, 3}));
        KafkaRequest request = decoder.decode(frame(ApiKeys.METADATA, (short) 9, body), LIMIT);
        assertThat(request.body(MetadataRequestData.class).topics()).isEmpty();
    }

    @Test
    void producedRecordsOutliveTheirFrame() {
        byte[] golden = new GoldenFrames(8).request(ApiKeys.PRODUCE, (short) 9, 1, "c");
        ByteBuf in = Unpooled.directBuffer().writeBytes(golden);
        ProduceRequestData body = decoder.decode(in, LIMIT).body(ProduceRequestData.class);
        byte[] before = recordsOf(body);
        in.setZero(0, in.capacity());
        in.release();
        assertThat(recordsOf(body)).isEqualTo(before).isNotEmpty();
    }

    @Test
    void recordsOfAKeptFrameStayWhereTheyAre() {
        byte[] golden = new GoldenFrames(8).request(ApiKeys.PRODUCE, (short) 9, 1, "c");
        byte[] behind = new GoldenFrames(9).request(ApiKeys.PRODUCE, (short) 12, 2, "c");
        ByteBuf in = Unpooled.buffer().writeBytes(golden).writeBytes(behind);
        byte[] before =
                recordsOf(
                        decoder.decode(Unpooled.wrappedBuffer(golden), LIMIT)
                                .body(ProduceRequestData.class));

        KafkaRequest kept = decoder.decode(in, LIMIT, true);

        assertThat(kept.body()).isEqualTo(readByKafka(golden, ApiKeys.PRODUCE, (short) 9));
        assertThat(recordsOf(kept.body(ProduceRequestData.class))).isEqualTo(before).isNotEmpty();
        assertThat(decoder.decode(in, LIMIT, true).body())
                .isEqualTo(readByKafka(behind, ApiKeys.PRODUCE, (short) 12));
        MemoryRecords records =
                (MemoryRecords)
                        kept.body(ProduceRequestData.class)
                                .topicData()
                                .iterator()
                                .next()
                                .partitionData()
                                .getFirst()
                                .records();
        assertThat(records.buffer().array()).isSameAs(in.array());
    }

    @Test
    void theLengthOfAFrameIsKnownFromItsBeginning() {
        byte[] golden = new GoldenFrames(8).request(ApiKeys.PRODUCE, (short) 9, 1, "c");

        assertThat(RequestDecoder.frameBytes(Unpooled.wrappedBuffer(golden, 0, 11))).isZero();
        assertThat(RequestDecoder.frameBytes(Unpooled.wrappedBuffer(golden, 0, 12)))
                .isEqualTo(golden.length);
    }

    private static byte[] recordsOf(ProduceRequestData body) {
        ByteBuffer all = ByteBuffer.allocate(10_000);
        body.topicData()
                .forEach(
                        topic ->
                                topic.partitionData()
                                        .forEach(
                                                partition ->
                                                        all.put(
                                                                ((MemoryRecords)
                                                                                partition.records())
                                                                        .buffer()
                                                                        .duplicate())));
        return Arrays.copyOf(all.array(), all.position());
    }

    private static ByteBuf frame(ApiKeys key, short version, ApiMessage body) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(body.size(cache, version));
        body.write(new ByteBufferAccessor(bytes), cache, version);
        ByteBuf frame = Unpooled.buffer();
        frame.writeInt(8 + 2 + 1 + bytes.capacity()).writeShort(key.id).writeShort(version);
        return frame.writeInt(1).writeShort(-1).writeByte(0).writeBytes(bytes.array());
    }

    private static ApiMessage readByKafka(byte[] frame, ApiKeys key, short version) {
        ByteBufferAccessor in = new ByteBufferAccessor(ByteBuffer.wrap(frame).position(4));
        new RequestHeaderData(in, key.requestHeaderVersion(version));
        ApiMessage body = key.messageType.newRequest();
        body.read(in, version);
        return body;
    }

    private static void assertRefused(RequestDecoder decoder, ByteBuf in, Reason reason) {
        assertThatThrownBy(() -> decoder.decode(in, LIMIT))
                .isInstanceOfSatisfying(
                        KafkaProtocolException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }
}
