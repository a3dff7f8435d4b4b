package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.ChannelMethod;
import io.polymq.codec.amqp.ConnectionMethod;
import io.polymq.codec.amqp.ContentHeader;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.codec.amqp.Frame;
import io.polymq.codec.amqp.Method;
import io.polymq.codec.amqp.Methods;
import io.polymq.conformance.Answer;
import io.polymq.conformance.Dialect;
import io.polymq.conformance.Environment;
import io.polymq.conformance.Exchange;
import io.polymq.conformance.ProtocolConformance;
import io.polymq.network.CloseReason;
import io.polymq.network.ProtocolBinding;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

class AmqpConformanceTest extends ProtocolConformance {

    @Override
    protected ProtocolBinding protocol(Environment environment) {
        return TestAmqp.binding(environment);
    }

    @Override
    protected Dialect dialect() {
        return new AmqpDialectBytes();
    }

    private static final class AmqpDialectBytes implements Dialect {

        private static final byte[] HEADER = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};

        @Override
        public Exchange hello(String name) {
            return new Exchange(login("secret"), frames(3));
        }

        @Override
        public Optional<Exchange> refusedHello() {
            return Optional.of(new Exchange(login("guess"), frames(2)));
        }

        /** Start, tune and open-ok, or start and close. */
        private static Answer frames(int number) {
            return received -> {
                int at = 0;
                for (int i = 0; i < number; i++) {
                    if (received.length < at + Frame.OVERHEAD) {
                        return Answer.MORE;
                    }
                    at += Unpooled.wrappedBuffer(received).getInt(at + 3) + Frame.OVERHEAD;
                    if (received.length < at) {
                        return Answer.MORE;
                    }
                    if (received[at - 1] != (byte) Frame.END) {
                        throw new AssertionError("a frame does not end as it must");
                    }
                }
                return at;
            };
        }

        private static byte[] login(String password) {
            byte[] response = ("\0ann\0" + password).getBytes(StandardCharsets.UTF_8);
            FieldTable properties =
                    FieldTable.of(
                            Map.of("capabilities", Map.of("authentication_failure_close", true)));
            ByteBuf out = Unpooled.buffer().writeBytes(HEADER);
            Methods.write(
                    out, 0, new ConnectionMethod.StartOk(properties, "PLAIN", response, "en_US"));
            Methods.write(out, 0, new ConnectionMethod.TuneOk(2047, 131_072, 0));
            Methods.write(out, 0, new ConnectionMethod.Open("/", "", false));
            return bytes(out);
        }

        @Override
        public Exchange ping(int number) {
            return new Exchange(
                    bytes(
                            new ChannelMethod.Open(""),
                            new BasicMethod.Qos(0, 1 + number % 1000, false),
                            new ChannelMethod.Close(200, "", 0, 0)),
                    Answer.of(
                            bytes(
                                    new ChannelMethod.OpenOk(new byte[0]),
                                    new BasicMethod.QosOk(),
                                    new ChannelMethod.CloseOk())));
        }

        @Override
        public byte[] beginningOfPacket(int size) {
            ByteBuf out = Unpooled.buffer();
            out.writeByte(Frame.METHOD).writeShort(1).writeInt(size - Frame.OVERHEAD);
            return bytes(out);
        }

        @Override
        public Optional<byte[]> publishing(int messages) {
            ByteBuf out = Unpooled.buffer();
            Methods.write(out, 1, new ChannelMethod.Open(""));
            for (int i = 0; i < messages; i++) {
                Methods.write(out, 1, new BasicMethod.Publish(0, "amq.fanout", "k", false, false));
                ContentHeader.write(out, 1, 2, new byte[2], 0, 2);
                ContentHeader.writeBody(out, 1, new byte[] {'h', 'i'}, 0, 2, 0);
            }
            Methods.write(out, 1, new ChannelMethod.Close(200, "", 0, 0));
            return Optional.of(bytes(out));
        }

        @Override
        public boolean isGoodbye(CloseReason.Kind reason, byte[] received) {
            return received.length == 0
                    || received.length > Frame.OVERHEAD
                            && received[0] == Frame.METHOD
                            && received[8] == 10
                            && received[10] == 50;
        }

        private static byte[] bytes(Method... methods) {
            ByteBuf out = Unpooled.buffer();
            for (Method method : methods) {
                Methods.write(out, 1, method);
            }
            return bytes(out);
        }

        private static byte[] bytes(ByteBuf out) {
            byte[] bytes = new byte[out.readableBytes()];
            out.readBytes(bytes);
            return bytes;
        }
    }
}
