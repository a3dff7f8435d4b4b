package io.polymq.kafka.share;

import io.polymq.kafka.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The share sessions by group and member, so many at most. A session ends with its connection; what
 * its member held goes back then. Shared; each session is its connection's.
 */
final class ShareSessions {

    static final int INITIAL_EPOCH = 0;
    static final int FINAL_EPOCH = -1;
    private static final int MOST = 2_000;

    private record Name(String tenant, String group, String member) {}

    /** A session, or why there is none. */
    record Found(@Nullable ShareSession session, Errors error) {}

    private final Map<Name, ShareSession> sessions = new ConcurrentHashMap<>();
    private final Set<Long> watched = ConcurrentHashMap.newKeySet();
    private final SharePartitions partitions;

    ShareSessions(SharePartitions partitions) {
        this.partitions = partitions;
    }

    /** The session that a request with that epoch belongs to; a new one for epoch 0. */
    Found find(Exchange exchange, String group, String member, int epoch) {
        Name name = new Name(exchange.client().tenant(), group, member);
        ShareSession known = sessions.get(name);
        if (epoch == INITIAL_EPOCH) {
            if (known == null && sessions.size() >= MOST) {
                return new Found(null, Errors.SHARE_SESSION_LIMIT_REACHED);
            }
            return new Found(open(exchange, name), Errors.NONE);
        }
        if (known == null || known.connectionId() != exchange.client().connectionId()) {
            return new Found(null, Errors.SHARE_SESSION_NOT_FOUND);
        }
        if (epoch != FINAL_EPOCH && epoch != known.epoch()) {
            return new Found(null, Errors.INVALID_SHARE_SESSION_EPOCH);
        }
        known.advance();
        return new Found(known, Errors.NONE);
    }

    /** What an earlier session of the member holds stays its member's. */
    private ShareSession open(Exchange exchange, Name name) {
        long connection = exchange.client().connectionId();
        ShareSession session =
                new ShareSession(name.tenant, name.group, name.member, connection, exchange.loop());
        ShareSession before = sessions.put(name, session);
        if (before != null) {
            before.loop().execute(() -> release(before));
        }
        if (watched.add(connection)) {
            exchange.whenConnectionEnds(() -> connectionEnded(connection));
        }
        return session;
    }

    private void release(ShareSession session) {
        session.parts().forEach(part -> partitions.release(part.key()));
    }

    private void connectionEnded(long connection) {
        watched.remove(connection);
        List<ShareSession> gone = new ArrayList<>();
        sessions.values()
                .removeIf(session -> session.connectionId() == connection && gone.add(session));
        gone.forEach(this::leave);
    }

    void close(Exchange exchange, ShareSession session) {
        Name name = new Name(exchange.client().tenant(), session.group(), session.member());
        if (sessions.remove(name, session)) {
            leave(session);
        }
    }

    private void leave(ShareSession session) {
        for (ShareSession.Part part : session.parts()) {
            part.partition()
                    .whenComplete(
                            (partition, _) -> {
                                if (partition != null) {
                                    partition.leave(session.member());
                                }
                                partitions.release(part.key());
                            });
        }
    }

    int size() {
        return sessions.size();
    }
}
