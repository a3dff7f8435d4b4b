package io.polymq.network;

import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.util.function.IntSupplier;

/**
 * How much a channel takes from its socket at a time: little, and once, so that the connections of
 * a loop take turns often; more while a large packet comes, of which every read would have to wait
 * for the loop's next turn, and for many receivers. Connection zone.
 */
final class ReadSizes extends DefaultMaxMessagesRecvByteBufAllocator {

    private static final int LITTLE = 16 << 10;
    private static final int MUCH = 128 << 10;

    private final IntSupplier wanted;

    /**
     * @param wanted how much is worth being read at once; none for little
     */
    ReadSizes(IntSupplier wanted) {
        super(1);
        this.wanted = wanted;
    }

    @Override
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public int guess() {
                return Math.clamp(wanted.getAsInt(), LITTLE, MUCH);
            }
        };
    }
}
