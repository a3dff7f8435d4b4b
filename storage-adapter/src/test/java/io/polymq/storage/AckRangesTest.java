package io.polymq.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class AckRangesTest {

    @RepeatedTest(50)
    void behavesLikeASetOfOffsets(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        AckRanges ranges = new AckRanges(0);
        BitSet model = new BitSet();
        for (int step = 0; step < 200; step++) {
            int from = random.nextInt(300);
            int to = from + 1 + random.nextInt(random.nextInt(10) == 0 ? 60 : 4);
            boolean news = model.nextClearBit(from) < to;
            assertThat(ranges.add(from, to)).as("seed %s", random).isEqualTo(news);
            model.set(from, to);
            if (random.nextInt(40) == 0) {
                int floor = random.nextInt(300);
                int before = model.nextClearBit(0);
                ranges.reset(floor, false);
                model.set(0, floor);
                if (floor < before) {
                    model.clear(floor, before);
                }
            }
            int probe = random.nextInt(380);
            assertThat(ranges.contains(probe)).isEqualTo(model.get(probe));
            assertThat(ranges.nextMissing(probe)).isEqualTo(model.nextClearBit(probe));
            assertThat(ranges.floor()).isEqualTo(model.nextClearBit(0));
        }
        AckRanges copy = AckRanges.decode(ByteBuffer.wrap(ranges.encode()));
        for (int i = 0; i < 400; i++) {
            assertThat(copy.contains(i)).isEqualTo(model.get(i));
        }
        assertThat(copy.ranges()).isEqualTo(ranges.ranges());
    }
}
