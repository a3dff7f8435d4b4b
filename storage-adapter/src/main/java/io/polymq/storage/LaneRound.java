package io.polymq.storage;

import java.util.ArrayList;
import java.util.List;

/** One block that was written, on its way to the index. */
final class LaneRound {

    final List<IndexEvent> events = new ArrayList<>();
    List<LaneRequest> requests;
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

    /** The first block of a segment: the list of those before it. */
    static LaneRound first(Segment segment, SegmentList list, long lsn, long end) {
        LaneRound first = new LaneRound(segment);
        first.events.add(new IndexEvent.Listed(list));
        first.ended = true;
        first.lsn = lsn;
        first.position = LaneFormat.SEGMENT_HEADER;
        first.end = end;
        return first;
    }

    /** Which requests wait for the block's force; the others go to {@code done}. */
    List<LaneRequest> waiting(List<LaneRequest> done) {
        List<LaneRequest> waiting = new ArrayList<>(requests.size());
        for (LaneRequest request : requests) {
            boolean waits = request.durability() == Durability.SYNC || request.isBehindForced(lsn);
            (waits ? waiting : done).add(request);
        }
        return waiting;
    }

    /** Events and requests that it holds. */
    int objects() {
        return events.size() + requests.size();
    }

    /**
     * On the writer: the requests were ended and nothing can befall the block. Appends are let go
     * of; the others hold their shard in memory until the index knows what they changed, as the
     * appends' events do.
     *
     * @return how many were let go of
     */
    int forgetAppends() {
        List<LaneRequest> kept = new ArrayList<>(0);
        for (LaneRequest request : requests) {
            if (!(request instanceof LaneRequests.Append)) {
                kept.add(request);
            }
        }
        int forgotten = requests.size() - kept.size();
        requests = kept;
        return forgotten;
    }

    /** The block was carried over after a failure; in order with the answers. */
    void survived() {
        events.forEach(LogShard::survived);
        requests.forEach(LaneRequest::survived);
    }
}
