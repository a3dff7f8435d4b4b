package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReadSizesTest {

    @Test
    void readsOnceAndLittleAndMoreWhileALargePacketComes() {
        AtomicInteger missing = new AtomicInteger();
        RecvByteBufAllocator.Handle handle = new ReadSizes(missing::get).newHandle();
        handle.reset(new EmbeddedChannel().config());
        assertThat(handle.guess()).isEqualTo(16 << 10);

        missing.set(3_000_000);
        assertThat(handle.guess()).isEqualTo(128 << 10);
        handle.attemptedBytesRead(128 << 10);
        handle.lastBytesRead(128 << 10);
        handle.incMessagesRead(1);

        assertThat(handle.continueReading()).isFalse();
        missing.set(100_000);
        assertThat(handle.guess()).isEqualTo(100_000);
    }
}
