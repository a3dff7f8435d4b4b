package io.polymq.kafka.produce;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/** A partition's producers as they stand in a snapshot. Any thread. */
final class ProducersCodec {

    private static final int PRODUCER_BYTES = 31;
    private static final int BATCH_BYTES = 16;

    private ProducersCodec() {}

    /**
     * @param firstOf where a producer's open transaction begins; -1 when it has none
     */
    static ByteBuffer encode(
            Collection<ProducerState> all, ToLongFunction<ProducerState> firstOf, ByteBuffer tail) {
        ByteBuffer to =
                ByteBuffer.allocate(
                        4
                                + all.size()
                                        * (PRODUCER_BYTES
                                                + BATCH_BYTES * ProducerState.KEPT_BATCHES)
                                + tail.remaining());
        to.putInt(all.size());
        for (ProducerState state : all) {
            synchronized (state) {
                encode(state, firstOf.applyAsLong(state), to);
            }
        }
        return to.put(tail).flip();
    }

    private static void encode(ProducerState state, long transactionFrom, ByteBuffer to) {
        List<ProducerState.Batch> done =
                state.batches().stream()
                        .filter(batch -> batch.baseOffset().isDone())
                        .filter(batch -> !batch.baseOffset().isCompletedExceptionally())
                        .toList();
        to.putLong(state.id()).putShort(state.epoch()).putInt(state.coordinatorEpoch());
        to.putLong(state.lastUsed()).putLong(transactionFrom).put((byte) done.size());
        for (ProducerState.Batch batch : done) {
            to.putInt(batch.firstSequence()).putInt(batch.lastSequence());
            to.putLong(batch.baseOffset().join());
        }
    }

    /** One producer of a snapshot. */
    record Kept(ProducerState state, long transactionFrom) {}

    /** Leaves the buffer behind the producers. */
    static void decode(ByteBuffer from, Consumer<Kept> to) {
        int count = from.getInt();
        for (int i = 0; i < count; i++) {
            long id = from.getLong();
            short epoch = from.getShort();
            int coordinator = from.getInt();
            long used = from.getLong();
            long transactionFrom = from.getLong();
            ProducerState state = new ProducerState(id, epoch, used);
            if (coordinator >= 0) {
                state.marked(epoch, coordinator, used);
            }
            for (int batches = from.get(); batches > 0; batches--) {
                int first = from.getInt();
                int last = from.getInt();
                CompletableFuture<Long> base = CompletableFuture.completedFuture(from.getLong());
                state.add(epoch, first, last, base, used);
            }
            to.accept(new Kept(state, transactionFrom));
        }
    }
}
