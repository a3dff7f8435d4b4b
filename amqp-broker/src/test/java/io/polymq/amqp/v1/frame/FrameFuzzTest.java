package io.polymq.amqp.v1.frame;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.v1.filter.FilterException;
import io.polymq.amqp.v1.filter.Selector;
import io.polymq.amqp.v1.type.DecodeException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;

/** Any bytes as the body of a frame, and any text as a selector. */
@Tag("fuzz")
class FrameFuzzTest {

    private final PerformativeReader reader = new PerformativeReader();
    private final Transfer transfer = new Transfer();

    /** What can be read can be written, and is then the same. */
    @FuzzTest(maxDuration = "5m")
    void aFrame(byte[] bytes) {
        try {
            if (Transfer.isNext(bytes, 0, bytes.length)) {
                transfer.read(bytes, 0, bytes.length);
                return;
            }
            Performative read = reader.read(bytes, 0, bytes.length);
            ByteBuf out = Unpooled.buffer();
            PerformativeWriter.write(out, read);
            byte[] written = ByteBufUtil.getBytes(out);
            reader.read(written, 0, written.length);
        } catch (DecodeException | FrameException refused) {
            // that is how a peer's fault is told
        }
    }

    @FuzzTest(maxDuration = "5m")
    void aSecurityFrame(byte[] bytes) {
        try {
            reader.readSasl(bytes, 0, bytes.length);
        } catch (DecodeException | FrameException refused) {
            // as above
        }
    }

    @FuzzTest(maxDuration = "5m")
    void aSelector(byte[] bytes) {
        try {
            Selector.parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (FilterException refused) {
            // as above
        }
    }
}
