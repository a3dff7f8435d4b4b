package io.polymq.nats;

import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/**
 * What one client may publish and subscribe to. Connection zone, except for {@link #replies}, which
 * is shared.
 */
interface SubjectRights {

    Filter[] NOTHING_DENIED = new Filter[0];

    boolean mayPublish(Subject subject);

    boolean maySubscribe(Filter filter, @Nullable String queue);

    /** What of a granted filter is denied, to be held against each delivery. */
    default Filter[] deniedWithin(Filter filter) {
        return NOTHING_DENIED;
    }

    /** Reply subjects that deliveries open; null when none are opened. */
    default @Nullable OpenReplies replies() {
        return null;
    }

    /** The same for a service that answers later, on any thread. */
    SubjectService.Rights lasting();

    /** Changed rules hold from now on. */
    default void forget() {}
}
