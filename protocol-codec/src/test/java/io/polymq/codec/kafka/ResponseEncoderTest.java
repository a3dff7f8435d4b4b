package io.polymq.codec.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResponseEncoderTest {

    /** Puts all in one buffer and gives no byte more room than was asked for. */
    private static final class Flat implements ResponseTarget {
        private final ByteBuf whole = Unpooled.buffer();
        private ByteBuf piece = Unpooled.EMPTY_BUFFER;

        @Override
        public ByteBuf room(int bytes) {
            take();
            piece = Unpooled.buffer(bytes, bytes);
            return piece;
        }

        @Override
        public void memory(ByteBuffer records) {
            take();
            whole.writeBytes(records);
        }

        @Override
        public void region(FileChannel file, long position, int bytes, Runnable release) {
            take();
            ByteBuffer copy = ByteBuffer.allocate(bytes);
            try {
                file.read(copy, position);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            whole.writeBytes(copy.flip());
            release.run();
        }

        private void take() {
            whole.writeBytes(piece);
            piece = Unpooled.EMPTY_BUFFER;
        }

        byte[] bytes() {
            take();
            byte[] all = new byte[whole.readableBytes()];
            whole.getBytes(whole.readerIndex(), all);
            return all;
        }
    }

    static Stream<ApiKeys> keys() {
        return ApiKeys.clientApis().stream().filter(ApiKeys::hasValidVersion);
    }

    @ParameterizedTest
    @MethodSource("keys")
    void everyVersionIsWrittenAsKafkaReadsIt(ApiKeys key) {
        for (short version = key.oldestVersion(); version <= key.latestVersion(false); version++) {
            for (int seed = 0; seed < 20; seed++) {
                byte[] golden =
                        new GoldenFrames(seed).struct(key.messageType.responseSchemas()[version]);
                ApiMessage body = key.messageType.newResponse();
                body.read(new ByteBufferAccessor(ByteBuffer.wrap(golden)), version);
                Flat target = new Flat();
                int size = ResponseEncoder.encode(key, version, 77, body, target);
                byte[] bytes = target.bytes();
                assertThat(bytes).hasSize(size);
                ByteBuffer frame = ByteBuffer.wrap(bytes);
                assertThat(frame.getInt()).isEqualTo(bytes.length - 4);
                assertThat(frame.getInt()).isEqualTo(77);
                int header = key.responseHeaderVersion(version) == 0 ? 8 : 9;
                assertThat(Arrays.copyOfRange(bytes, header, bytes.length))
                        .as("%s v%d seed %d", key, version, seed)
                        .isEqualTo(writtenByKafka(body, version));
            }
        }
    }

    @Test
    void apiVersionsAnswersAlwaysHaveAHeaderOfVersionZero() {
        ServedApis apis =
                new ServedApis(
                        ApiKeys.clientApis(),
                        List.of(new ServedApis.Feature("group.version", 0, 1, 1)));
        for (short version = 0; version <= ApiKeys.API_VERSIONS.latestVersion(); version++) {
            Flat target = new Flat();
            ResponseEncoder.encode(ApiKeys.API_VERSIONS, version, 1, apis.answer(), target);
            ByteBuffer bytes = ByteBuffer.wrap(target.bytes()).position(8);
            ApiVersionsResponseData read =
                    new ApiVersionsResponseData(new ByteBufferAccessor(bytes), version);
            assertThat(read.errorCode()).isZero();
            assertThat(read.apiKeys().find(ApiKeys.PRODUCE.id).minVersion()).isZero();
            assertThat(bytes.hasRemaining()).isFalse();
        }
    }

    @Test
    void recordsFromMemoryAndFilesStandWhereTheyBelong(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("segment"), new byte[] {9, 8, 7, 6, 5});
        AtomicInteger released = new AtomicInteger();
        try (FileChannel channel = FileChannel.open(file)) {
            FetchResponseData body = new FetchResponseData();
            FetchResponseData.FetchableTopicResponse topic =
                    new FetchResponseData.FetchableTopicResponse().setTopic("t");
            for (int partition = 0; partition < 3; partition++) {
                RecordSections records =
                        new RecordSections()
                                .add(
                                        new RecordSections.Section.Memory(
                                                ByteBuffer.wrap(new byte[] {1, 2, 3})))
                                .add(
                                        new RecordSections.Section.Region(
                                                channel, 1, 3, released::incrementAndGet));
                topic.partitions()
                        .add(
                                new FetchResponseData.PartitionData()
                                        .setPartitionIndex(partition)
                                        .setRecords(records));
            }
            topic.partitions().add(new FetchResponseData.PartitionData().setPartitionIndex(3));
            body.responses().add(topic);
            for (short version = 4; version <= 12; version++) {
                Flat target = new Flat();
                ResponseEncoder.encode(ApiKeys.FETCH, version, 1, body, target);
                int header = version < 12 ? 8 : 9;
                ByteBuffer bytes = ByteBuffer.wrap(target.bytes()).position(header);
                FetchResponseData read =
                        new FetchResponseData(new ByteBufferAccessor(bytes), version);
                assertThat(bytes.hasRemaining()).isFalse();
                for (int partition = 0; partition < 3; partition++) {
                    MemoryRecords records =
                            (MemoryRecords)
                                    read.responses().get(0).partitions().get(partition).records();
                    assertThat(records.buffer())
                            .isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3, 8, 7, 6}));
                }
            }
        }
        assertThat(released).hasValue(3 * 9);
    }

    private static byte[] writtenByKafka(ApiMessage body, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(body.size(cache, version));
        body.write(new ByteBufferAccessor(bytes), cache, version);
        return bytes.array();
    }
}
