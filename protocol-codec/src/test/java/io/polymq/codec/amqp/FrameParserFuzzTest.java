package io.polymq.codec.amqp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Tag;

/**
 * Whatever comes, the parser answers with its own exception or none, and allocates no more than
 * came.
 */
@Tag("fuzz")
class FrameParserFuzzTest {

    @FuzzTest(maxDuration = "5m")
    void framesMethodsTablesAndProperties(byte[] bytes) {
        FrameParser parser = new FrameParser(131_072);
        try {
            parser.parse(Unpooled.wrappedBuffer(bytes), new Looker());
        } catch (AmqpException expected) {
            // that is how a peer's fault is told
        }
    }

    @FuzzTest(maxDuration = "5m")
    void aTableByItself(byte[] bytes) {
        try {
            FieldTable.of(FieldTable.ofBytes(bytes).entries()).entries();
        } catch (AmqpException expected) {
            // that is how a peer's fault is told
        }
    }

    /** Looks into everything that is decoded late. */
    private static final class Looker implements FrameHandler {
        @Override
        public void method(int channel, Method method) {
            try {
                switch (method) {
                    case QueueMethod.Declare declare -> declare.arguments().entries();
                    case BasicMethod.Consume consume -> consume.arguments().entries();
                    case ConnectionMethod.StartOk start -> start.clientProperties().entries();
                    default -> Methods.write(Unpooled.buffer(), channel, method);
                }
            } catch (AmqpException expected) {
                // as above
            }
        }

        @Override
        public void header(int channel, ByteBuf payload, int length) {
            ContentHeader header = ContentHeader.read(payload, length);
            byte[] properties = header.properties();
            BasicProperties read = BasicProperties.decode(properties, 0, properties.length);
            FieldTable headers = read.headers();
            if (headers != null) {
                headers.entries();
            }
            read.encode();
        }

        @Override
        public void body(int channel, ByteBuf payload, int length) {
            payload.getByte(payload.readerIndex() + Math.max(0, length - 1));
        }

        @Override
        public void heartbeat(int channel) {
            // nothing in it
        }
    }
}
