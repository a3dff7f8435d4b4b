package io.polymq.amqp.v1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.TestAmqp;
import io.polymq.amqp.v1.frame.Frames;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.PerformativeWriter;
import io.polymq.amqp.v1.frame.SaslFrame;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.amqp.v1.type.ValueWriter;
import io.polymq.conformance.Answer;
import io.polymq.conformance.Dialect;
import io.polymq.conformance.Environment;
import io.polymq.conformance.Exchange;
import io.polymq.conformance.ProtocolConformance;
import io.polymq.network.CloseReason;
import io.polymq.network.ProtocolBinding;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** AMQP 1.0 on every transport. */
class V1ConformanceTest extends ProtocolConformance {

    @Override
    protected ProtocolBinding protocol(Environment environment) {
        return TestAmqp.binding(environment);
    }

    @Override
    protected Dialect dialect() {
        return new V1Bytes();
    }

    private static final class V1Bytes implements Dialect {

        private static final int SESSION = 3;
        private static final int CLOSE = 0x18;

        @Override
        public Exchange hello(String name) {
            return new Exchange(login("secret", name), parts(5));
        }

        @Override
        public Optional<Exchange> refusedHello() {
            return Optional.of(new Exchange(login("guess", "client"), parts(3)));
        }

        private static byte[] login(String password, String name) {
            ByteBuf out = Unpooled.buffer();
            out.writeBytes(Frames.header(true));
            byte[] response = ("\0ann\0" + password).getBytes(StandardCharsets.UTF_8);
            int at = Frames.begin(out, Frames.SASL, 0);
            PerformativeWriter.write(out, new SaslFrame.Init("PLAIN", response, null));
            Frames.end(out, at);
            out.writeBytes(Frames.header(false));
            write(
                    out,
                    0,
                    new Performative.Open(
                            name, null, 65_536, 255, 0, List.of(), List.of(), Map.of()));
            return ByteBufUtil.getBytes(out);
        }

        /** So many frames and protocol headers. */
        private static Answer parts(int number) {
            return received -> {
                ByteBuf in = Unpooled.wrappedBuffer(received);
                int at = 0;
                for (int i = 0; i < number; i++) {
                    if (received.length < at + Frames.HEADER_BYTES) {
                        return Answer.MORE;
                    }
                    boolean header = received[at] == 'A';
                    at += header ? Frames.HEADER_BYTES : in.getInt(at);
                    if (received.length < at) {
                        return Answer.MORE;
                    }
                }
                return at;
            };
        }

        private static void write(ByteBuf out, int channel, Performative performative) {
            int at = Frames.begin(out, Frames.AMQP, channel);
            PerformativeWriter.write(out, performative);
            Frames.end(out, at);
        }

        /** A session that begins and ends. */
        @Override
        public Exchange ping(int number) {
            ByteBuf asked = Unpooled.buffer();
            write(asked, SESSION, V1Client.begin());
            write(asked, SESSION, new Performative.End(null));
            ByteBuf answered = Unpooled.buffer();
            write(
                    answered,
                    SESSION,
                    new Performative.Begin(
                            SESSION,
                            0,
                            Limits.INCOMING_WINDOW,
                            Integer.MAX_VALUE,
                            Limits.HANDLE_MAX,
                            List.of(),
                            List.of(),
                            Map.of()));
            write(answered, SESSION, new Performative.End(null));
            return new Exchange(
                    ByteBufUtil.getBytes(asked), Answer.of(ByteBufUtil.getBytes(answered)));
        }

        @Override
        public byte[] beginningOfPacket(int size) {
            return ByteBufUtil.getBytes(
                    Unpooled.buffer().writeInt(size).writeByte(2).writeByte(0).writeShort(0));
        }

        @Override
        public Optional<byte[]> publishing(int messages) {
            ByteBuf out = Unpooled.buffer();
            write(out, 0, V1Client.begin());
            write(out, 0, V1Client.sender("sender", 0, "/exchanges/amq.fanout"));
            for (int i = 0; i < messages; i++) {
                int at = Frames.begin(out, Frames.AMQP, 0);
                ValueWriter.write(
                        out,
                        new Described(
                                Unsigned.ofLong(0x14),
                                List.of(
                                        Unsigned.ofInt(0),
                                        Unsigned.ofInt(i),
                                        V1Client.tag(i),
                                        Unsigned.ofInt(0),
                                        true)));
                out.writeBytes(V1Client.text("hi"));
                Frames.end(out, at);
            }
            write(out, 0, new Performative.End(null));
            return Optional.of(ByteBufUtil.getBytes(out));
        }

        @Override
        public boolean isGoodbye(CloseReason.Kind reason, byte[] received) {
            return received.length == 0
                    || received.length > Frames.HEADER_BYTES + 2
                            && received[Frames.HEADER_BYTES + 2] == CLOSE;
        }
    }
}
