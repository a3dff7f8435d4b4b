package io.polymq.kafka;

import io.polymq.config.KafkaConfig;
import io.polymq.conformance.AllowAll;
import io.polymq.conformance.Answer;
import io.polymq.conformance.Dialect;
import io.polymq.conformance.Environment;
import io.polymq.conformance.Exchange;
import io.polymq.conformance.ProtocolConformance;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Security;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.UserStore;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.embedded.MemoryMetadata;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.Shutdown;
import io.polymq.storage.ShardStore;
import io.polymq.storage.ShardStores;
import io.polymq.storage.StorageParams;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.SaslAuthenticateRequestData;
import org.apache.kafka.common.message.SaslHandshakeRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;

/** Kafka on every transport, with a login by SASL. */
class KafkaConformanceTest extends ProtocolConformance {

    /** Everyone who logs in with a password, but a user called nobody. */
    private static final class NotNobody extends AllowAll {
        @Override
        public CompletionStage<AuthResult> authenticate(Credentials credentials) {
            return credentials instanceof Credentials.Password p && !p.user().equals("nobody")
                    ? super.authenticate(credentials)
                    : CompletableFuture.completedFuture(
                            new AuthResult.Refused(Security.Reason.BAD_CREDENTIALS, "not you"));
        }

        @Override
        public boolean loginRequired() {
            return true;
        }
    }

    @Override
    protected ProtocolBinding protocol(Environment environment) {
        ShardStore store =
                ShardStores.open(
                        new StorageParams(
                                Path.of("unused"),
                                TestServer.storage("memory"),
                                InstantSource.system(),
                                environment.registry()));
        MetadataStore metadata = new MemoryMetadata();
        TestCore core = new TestCore(metadata, store, environment.registry());
        environment
                .shutdown()
                .subscribe(
                        Shutdown.Phase.STORAGE,
                        "what the test stands on",
                        within ->
                                CompletableFuture.runAsync(
                                        () -> {
                                            core.close();
                                            store.close();
                                            metadata.close();
                                        }));
        return core.broker(
                        KafkaConfig.DEFAULT,
                        new NotNobody(),
                        new UserStore(core.cache, List.of()),
                        new RuleStore(core.cache, List.of(), new SecureRandom()),
                        environment.shutdown())
                .binding();
    }

    @Override
    protected Dialect dialect() {
        return new KafkaFrames();
    }

    private static final class KafkaFrames implements Dialect {

        @Override
        public Exchange hello(String name) {
            return new Exchange(login("ann"), frames(2, false));
        }

        @Override
        public Optional<Exchange> refusedHello() {
            return Optional.of(new Exchange(login("nobody"), frames(2, true)));
        }

        private static byte[] login(String user) {
            byte[] handshake =
                    request(
                            ApiKeys.SASL_HANDSHAKE,
                            1,
                            1,
                            new SaslHandshakeRequestData().setMechanism("PLAIN"));
            byte[] token = ("\0" + user + "\0secret").getBytes(StandardCharsets.UTF_8);
            byte[] authenticate =
                    request(
                            ApiKeys.SASL_AUTHENTICATE,
                            1,
                            2,
                            new SaslAuthenticateRequestData().setAuthBytes(token));
            return ByteBuffer.allocate(handshake.length + authenticate.length)
                    .put(handshake)
                    .put(authenticate)
                    .array();
        }

        /**
         * @param refused whether the last of them begins with an error
         */
        private static Answer frames(int number, boolean refused) {
            return received -> {
                ByteBuffer in = ByteBuffer.wrap(received);
                int at = 0;
                int last = 0;
                for (int i = 0; i < number; i++) {
                    if (received.length < at + 4 || received.length < at + 4 + in.getInt(at)) {
                        return Answer.MORE;
                    }
                    last = at;
                    at += 4 + in.getInt(at);
                }
                if (number > 1 && in.getShort(last + 8) != 0 != refused) {
                    throw new AssertionError("the login ended with " + in.getShort(last + 8));
                }
                return at;
            };
        }

        @Override
        public Exchange ping(int number) {
            Answer frame = frames(1, false);
            return new Exchange(
                    request(ApiKeys.API_VERSIONS, 0, number, new ApiVersionsRequestData()),
                    received -> {
                        int end = frame.end(received);
                        if (end != Answer.MORE && ByteBuffer.wrap(received).getInt(4) != number) {
                            throw new AssertionError("not the answer to " + number);
                        }
                        return end;
                    });
        }

        @Override
        public byte[] beginningOfPacket(int size) {
            return ByteBuffer.allocate(14)
                    .putInt(size - 4)
                    .putShort(ApiKeys.PRODUCE.id)
                    .putShort((short) 9)
                    .putInt(1)
                    .putShort((short) -1)
                    .array();
        }

        /** An answer to {@link #ping} is many times as long as the question. */
        @Override
        public byte[] demanding(int bytes) {
            byte[] question = ping(0).request();
            int questions = bytes / 256;
            ByteBuffer all = ByteBuffer.allocate(questions * question.length);
            for (int i = 0; i < questions; i++) {
                all.put(question);
            }
            return all.array();
        }

        private static byte[] request(ApiKeys key, int version, int number, ApiMessage body) {
            short of = (short) version;
            RequestHeaderData header =
                    new RequestHeaderData()
                            .setRequestApiKey(key.id)
                            .setRequestApiVersion(of)
                            .setCorrelationId(number)
                            .setClientId("conformance");
            ByteBuffer head =
                    MessageUtil.toByteBufferAccessor(header, key.requestHeaderVersion(of)).buffer();
            ByteBuffer rest = MessageUtil.toByteBufferAccessor(body, of).buffer();
            return ByteBuffer.allocate(4 + head.remaining() + rest.remaining())
                    .putInt(head.remaining() + rest.remaining())
                    .put(head)
                    .put(rest)
                    .array();
        }
    }
}
