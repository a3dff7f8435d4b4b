package io.polymq.storage;

import java.util.ArrayList;
import java.util.List;

/** One block that was written, on its way to the index. */
final class LaneRound {

    final List<IndexEvent> events = new ArrayList<>();
    final List<LaneRequest> requests = new ArrayList<>();
    final List<Runnable> afterApply = new ArrayList<>();
    long lsn;
    Segment segment;
    long position;
    long end;

    LaneRound(Segment segment) {
        this.segment = segment;
    }
}
