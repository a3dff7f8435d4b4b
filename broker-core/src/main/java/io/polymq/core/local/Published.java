package io.polymq.core.local;

import java.util.List;

/**
 * How a publish ended.
 *
 * @param takers how many subscribers, groups and topics took it
 * @param places where topics keep it
 */
public record Published(int takers, List<Place> places) {

    /** A record's place. */
    public record Place(String topic, int partition, long offset) {}
}
