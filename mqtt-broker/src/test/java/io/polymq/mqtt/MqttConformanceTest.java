package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.FixedHeader;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.conformance.AllowAll;
import io.polymq.conformance.Answer;
import io.polymq.conformance.Dialect;
import io.polymq.conformance.Environment;
import io.polymq.conformance.Exchange;
import io.polymq.conformance.ProtocolConformance;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Security;
import io.polymq.core.service.SlowConsumers;
import io.polymq.core.service.TenantLimits;
import io.polymq.network.CloseReason;
import io.polymq.network.ProtocolBinding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** MQTT 5 on every transport. */
class MqttConformanceTest extends ProtocolConformance {

    /** Everyone but a client called nobody. */
    private static final class NotNobody extends AllowAll {
        @Override
        public CompletionStage<AuthResult> authenticate(Credentials credentials) {
            return credentials.peer().clientId().equals("nobody")
                    ? CompletableFuture.completedFuture(
                            new AuthResult.Refused(Security.Reason.BAD_CREDENTIALS, "not you"))
                    : super.authenticate(credentials);
        }
    }

    @Override
    protected ProtocolBinding protocol(Environment environment) {
        try {
            return MqttBroker.start(
                            new MqttBrokerServerParams(
                                    MqttSettings.DEFAULT,
                                    new TrieRouter(TrieRouter.Limits.DEFAULT, 42),
                                    new NotNobody(),
                                    new MemoryRetained(),
                                    new LaterMessages(),
                                    null,
                                    environment.shutdown(),
                                    environment.registry(),
                                    Clock.systemUTC(),
                                    TenantLimits.NONE,
                                    null,
                                    new SlowConsumers(
                                            SlowConsumers.Settings.DEFAULT, Clock.systemUTC())))
                    .binding();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected Dialect dialect() {
        return new Mqtt5();
    }

    private static final class Mqtt5 implements Dialect {

        private static byte[] bytes(MqttPacket packet) {
            ByteBuf out = Unpooled.buffer();
            MqttEncoder.encode(packet, MqttVersion.V5, out);
            return ByteBufUtil.getBytes(out);
        }

        private static Exchange login(String name, int code) {
            byte[] connect =
                    bytes(TestClient.connect(MqttVersion.V5, name, true, Properties.NONE, null));
            return new Exchange(connect, received -> connAck(received, code));
        }

        private static int connAck(byte[] received, int code) {
            int length = FixedHeader.remainingLength(received, 0, received.length);
            if (received.length < 2 || received.length < FixedHeader.size(length) + length) {
                return Answer.MORE;
            }
            if (received[0] != 0x20 || (received[3] & 0xFF) != code) {
                throw new AssertionError("not CONNACK with " + code);
            }
            return FixedHeader.size(length) + length;
        }

        @Override
        public Exchange hello(String name) {
            return login(name, 0);
        }

        @Override
        public Optional<Exchange> refusedHello() {
            return Optional.of(login("nobody", ReasonCode.NOT_AUTHORIZED.code()));
        }

        @Override
        public Exchange ping(int number) {
            return new Exchange(
                    bytes(new MqttPacket.PingReq()), Answer.of(bytes(new MqttPacket.PingResp())));
        }

        @Override
        public byte[] beginningOfPacket(int size) {
            byte[] publish =
                    bytes(
                            new MqttPacket.Publish(
                                    false, 0, false, "t", 0, Properties.NONE, new byte[size]));
            return java.util.Arrays.copyOf(publish, publish.length - size);
        }

        @Override
        public Optional<byte[]> publishing(int messages) {
            ByteBuf out = Unpooled.buffer();
            for (int i = 0; i < messages; i++) {
                out.writeBytes(bytes(TestClient.message("t", 0, false, "m", 0)));
            }
            return Optional.of(ByteBufUtil.getBytes(out));
        }

        @Override
        public boolean isGoodbye(CloseReason.Kind reason, byte[] received) {
            byte[] expected =
                    bytes(new MqttPacket.Disconnect(MqttErrors.toReason(reason), Properties.NONE));
            return java.util.Arrays.equals(received, expected);
        }
    }
}
