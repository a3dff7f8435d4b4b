package io.polymq.kafka.produce;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartitionTransactionsTest {

    private final PartitionTransactions transactions = new PartitionTransactions();

    @Test
    void whatIsStableEndsWhereTheOldestOpenOneBegins() {
        transactions.begin(1, 10);
        transactions.begin(2, 20);
        assertThat(transactions.firstUnstable()).isEqualTo(10);
        transactions.end(1, 30, true);
        assertThat(transactions.firstUnstable()).isEqualTo(20);
        transactions.end(2, 31, true);
        assertThat(transactions.firstUnstable()).isEqualTo(PartitionTransactions.NONE);
    }

    @Test
    void aFirstOffsetThatWasNotKnownYetIsPutRight() {
        transactions.begin(1, 10);
        transactions.begin(2, 10);
        transactions.begunAt(1, 15);
        assertThat(transactions.firstUnstable()).isEqualTo(10);
        transactions.begunAt(2, 17);
        assertThat(transactions.firstUnstable()).isEqualTo(15);
        assertThat(transactions.firstOf(2)).isEqualTo(17);
    }

    @Test
    void whoWatchesIsCalledWhenATransactionEnds() {
        List<String> called = new ArrayList<>();
        transactions.begin(1, 10);
        transactions.watch(10, () -> called.add("waiting"));
        assertThat(called).isEmpty();
        transactions.end(1, 12, false);
        assertThat(called).containsExactly("waiting");
        transactions.watch(10, () -> called.add("late"));
        assertThat(called).containsExactly("waiting", "late");
    }

    @Test
    void aMarkerWithoutATransactionChangesNothing() {
        transactions.end(7, 3, false);
        assertThat(transactions.aborted(0, 100)).isEmpty();
    }
}
