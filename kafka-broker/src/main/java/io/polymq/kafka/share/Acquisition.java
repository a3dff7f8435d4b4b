package io.polymq.kafka.share;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * What a member asks of a share-partition and what it gets: runs of offsets that have been
 * delivered equally often. Shard zone until it has ended, then whoever was told.
 */
final class Acquisition {

    private static final int FEW = 4;

    final String member;
    final int most;
    final boolean waits;
    private final Consumer<Acquisition> ended;
    private long[] firsts = new long[FEW];
    private long[] lasts = new long[FEW];
    private short[] deliveries = new short[FEW];
    private int runs;
    private int records;
    private boolean over;

    /**
     * @param most at most so many records
     * @param waits whether it stays until there is something
     * @param ended hears the end, in the shard zone
     */
    Acquisition(String member, int most, boolean waits, Consumer<Acquisition> ended) {
        this.member = member;
        this.most = most;
        this.waits = waits;
        this.ended = ended;
    }

    void add(long offset, int delivery) {
        records++;
        short count = (short) Math.min(Short.MAX_VALUE, delivery);
        if (runs > 0 && lasts[runs - 1] + 1 == offset && deliveries[runs - 1] == count) {
            lasts[runs - 1] = offset;
            return;
        }
        if (runs == firsts.length) {
            firsts = Arrays.copyOf(firsts, runs * 2);
            lasts = Arrays.copyOf(lasts, runs * 2);
            deliveries = Arrays.copyOf(deliveries, runs * 2);
        }
        firsts[runs] = offset;
        lasts[runs] = offset;
        deliveries[runs] = count;
        runs++;
    }

    /** Once. */
    void end() {
        if (!over) {
            over = true;
            ended.accept(this);
        }
    }

    /** Puts its runs into order: what was released comes after what was on its way already. */
    void sort() {
        for (int run = 1; run < runs; run++) {
            for (int at = run; at > 0 && firsts[at - 1] > firsts[at]; at--) {
                swap(at - 1, at);
            }
        }
    }

    private void swap(int one, int other) {
        long first = firsts[one];
        long last = lasts[one];
        short count = deliveries[one];
        firsts[one] = firsts[other];
        lasts[one] = lasts[other];
        deliveries[one] = deliveries[other];
        firsts[other] = first;
        lasts[other] = last;
        deliveries[other] = count;
    }

    boolean isOver() {
        return over;
    }

    boolean isEmpty() {
        return records == 0;
    }

    int records() {
        return records;
    }

    int runs() {
        return runs;
    }

    long first(int run) {
        return firsts[run];
    }

    long last(int run) {
        return lasts[run];
    }

    short deliveries(int run) {
        return deliveries[run];
    }

    /** Shortens it to what lies below an offset. */
    void cut(long end) {
        while (runs > 0 && firsts[runs - 1] >= end) {
            runs--;
            records -= (int) (lasts[runs] - firsts[runs] + 1);
        }
        if (runs > 0 && lasts[runs - 1] >= end) {
            records -= (int) (lasts[runs - 1] - end + 1);
            lasts[runs - 1] = end - 1;
        }
    }
}
