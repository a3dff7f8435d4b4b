package io.polymq.storage;

import java.util.ArrayList;
import java.util.List;

/** One block that was written, on its way to the index. */
final class LaneRound {

    final List<IndexEvent> events = new ArrayList<>();
    final List<LaneRequest> requests;
    final List<Runnable> afterApply = new ArrayList<>();

    /** Whether its requests' ends are on their way; what the index does must not overtake them. */
    volatile boolean ended;

    long lsn;
    Segment segment;
    long position;
    long end;

    LaneRound(Segment segment) {
        this(segment, 0);
    }

    LaneRound(Segment segment, int requests) {
        this.segment = segment;
        this.requests = new ArrayList<>(requests);
    }
}
