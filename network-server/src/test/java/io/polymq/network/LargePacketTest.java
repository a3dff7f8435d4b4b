package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class LargePacketTest {

    @Test
    void takesItsOwnBytesAndLeavesTheNextPackets() {
        LargePacket packet = new LargePacket(Unpooled.copiedBuffer(new byte[] {1, 2}), 5);
        assertThat(packet.add(Unpooled.copiedBuffer(new byte[] {3}))).isFalse();
        ByteBuf more = Unpooled.copiedBuffer(new byte[] {4, 5, 6, 7});

        assertThat(packet.add(more)).isTrue();

        assertThat(packet.bytes()).isEqualTo(Unpooled.copiedBuffer(new byte[] {1, 2, 3, 4, 5}));
        assertThat(more).isEqualTo(Unpooled.copiedBuffer(new byte[] {6, 7}));
    }

    @Test
    void whoAnnouncesMuchAndSendsLittleHoldsLittle() {
        LargePacket packet = new LargePacket(Unpooled.buffer().writeZero(12), 100 << 20);
        assertThat(packet.bytes().capacity()).isLessThan(1 << 10);

        for (int sent = 12; sent < 200_000; sent += 1_000) {
            packet.add(Unpooled.buffer().writeZero(1_000));
            assertThat(packet.bytes().capacity()).isLessThanOrEqualTo(32 * (sent + 1_000));
        }
    }

    @Test
    void isOfItsSizeAtOnceWhenEnoughHasCome() {
        LargePacket packet = new LargePacket(Unpooled.buffer().writeZero(64 << 10), 1 << 20);
        packet.add(Unpooled.buffer().writeZero(1));

        assertThat(packet.bytes().array()).hasSize(1 << 20);
    }
}
