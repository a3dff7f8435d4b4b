package io.polymq.amqp.v1;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which containers are connected, and which of their links are attached: a container that wants to
 * be alone is, and a link that is attached again is taken from whoever had it. Shared.
 */
final class Containers {

    /** A container as a user of a host names it. */
    record Container(String host, String user, String id) {}

    /** A link is known by its name, for each direction. */
    private record LinkName(Container container, String name, boolean incoming) {}

    private final Map<Container, V1Connection> alone = new ConcurrentHashMap<>();
    private final Map<LinkName, Link> links = new ConcurrentHashMap<>();

    /** False when another connection has the container for itself. */
    boolean claim(Container container, V1Connection by) {
        V1Connection there = alone.putIfAbsent(container, by);
        return there == null || there == by;
    }

    void leave(Container container, V1Connection by) {
        alone.remove(container, by);
    }

    /** The link of that name that is attached; null when none is. */
    @Nullable Link find(Container container, String name, boolean incoming) {
        return links.get(new LinkName(container, name, incoming));
    }

    void attached(Container container, Link link) {
        links.put(new LinkName(container, link.name(), link.isIncoming()), link);
    }

    void detached(Container container, Link link) {
        links.remove(new LinkName(container, link.name(), link.isIncoming()), link);
    }
}
