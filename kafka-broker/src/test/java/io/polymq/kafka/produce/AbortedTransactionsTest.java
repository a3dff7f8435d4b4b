package io.polymq.kafka.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.kafka.produce.AbortedTransactions.Aborted;
import io.polymq.kafka.produce.AbortedTransactions.Chunk;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AbortedTransactionsTest {

    /** Transaction i has one record at 2i and its marker behind it. */
    private static Aborted number(int i) {
        return new Aborted(i, 2L * i, 2L * i + 1, 2L * i + 2);
    }

    private static List<Chunk> fill(AbortedTransactions aborted, int count) {
        List<Chunk> complete = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Chunk chunk = aborted.add(number(i));
            if (chunk != null) {
                complete.add(chunk);
            }
        }
        return complete;
    }

    @Test
    void aReaderIsToldOfThoseInItsRange() {
        AbortedTransactions aborted = new AbortedTransactions();
        fill(aborted, 3000);
        assertThat(aborted.within(4000, 4006))
                .containsExactly(number(2000), number(2001), number(2002));
        assertThat(aborted.within(0, 1)).containsExactly(number(0));
        assertThat(aborted.within(6000, 7000)).isEmpty();
    }

    @Test
    void aLongTransactionThatEndsLaterIsTold() {
        AbortedTransactions aborted = new AbortedTransactions();
        aborted.add(new Aborted(1, 10, 11, 5));
        aborted.add(new Aborted(2, 20, 21, 5));
        aborted.add(new Aborted(3, 5, 30, 31));
        assertThat(aborted.within(6, 9)).extracting(Aborted::producerId).containsExactly(3L);
        assertThat(aborted.within(10, 15)).extracting(Aborted::producerId).containsExactly(1L, 3L);
    }

    @Test
    void whatWasKeptInChunksComesBack() {
        AbortedTransactions aborted = new AbortedTransactions();
        List<Chunk> complete = fill(aborted, 2500);
        assertThat(complete).extracting(Chunk::number).containsExactly(0, 1);
        AbortedTransactions again = new AbortedTransactions();
        again.restore(
                AbortedTransactions.Tail.decode(aborted.encodeTail()),
                complete.stream()
                        .map(
                                chunk ->
                                        AbortedTransactions.decode(
                                                chunk.number(), AbortedTransactions.encode(chunk)))
                        .toList());
        assertThat(again.within(0, Long.MAX_VALUE)).hasSize(2500);
        assertThat(again.add(number(2499))).as("known already").isNull();
        assertThat(again.within(0, Long.MAX_VALUE)).hasSize(2500);
        again.add(number(2500));
        assertThat(again.within(0, Long.MAX_VALUE)).hasSize(2501);
    }

    @Test
    void chunksBelowTheStartAreForgotten() {
        AbortedTransactions aborted = new AbortedTransactions();
        fill(aborted, 2500);
        assertThat(aborted.forgetBelow(2L * AbortedTransactions.CHUNK)).containsExactly(0);
        assertThat(aborted.complete()).containsExactly(1);
        assertThat(AbortedTransactions.Tail.decode(aborted.encodeTail()).firstChunk()).isEqualTo(1);
    }
}
