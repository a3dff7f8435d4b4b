package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.codec.kafka.GoldenFrames;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is advertised is served, in every version, whatever the request says. */
class EveryKeyTest {

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = new TestServer(0);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void everyAdvertisedVersionOfEveryKeyIsAnswered() throws IOException {
        for (ApiVersion served : advertised().apiKeys()) {
            ApiKeys key = ApiKeys.forId(served.apiKey());
            for (short version = key.oldestVersion(); version <= served.maxVersion(); version++) {
                answered(key, version);
            }
        }
    }

    private static ApiVersionsResponseData advertised() throws IOException {
        try (RawClient client = new RawClient(server.port())) {
            return client.ask(
                    ApiKeys.API_VERSIONS,
                    0,
                    new ApiVersionsRequestData(),
                    ApiVersionsResponseData.class);
        }
    }

    private static void answered(ApiKeys key, short version) throws IOException {
        for (int seed = 0; seed < 4; seed++) {
            byte[] frame = new GoldenFrames(seed).request(key, version, seed, "golden");
            if (key == ApiKeys.JOIN_GROUP || key == ApiKeys.SYNC_GROUP) {
                continue; // may wait for as long as the request says
            }
            try (RawClient client = new RawClient(server.port())) {
                client.send(frame);
                ByteBuffer bytes = client.receive();
                ByteBufferAccessor accessor = new ByteBufferAccessor(bytes);
                ResponseHeaderData header =
                        new ResponseHeaderData(accessor, key.responseHeaderVersion(version));
                ApiMessage response = key.messageType.newResponse();
                response.read(accessor, version);
                assertThat(header.correlationId()).isEqualTo(seed);
                assertThat(bytes.hasRemaining()).isFalse();
            } catch (EOFException | SocketException closed) {
                throw new AssertionError(key + " v" + version + " seed " + seed, closed);
            }
        }
    }
}
