package io.polymq.kafka.fetch;

import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves Fetch: finds the session, then leaves the rest to a {@link FetchOperation}. */
public final class FetchHandler {

    static final short FIRST_VERSION_BY_ID = 13;
    private static final int SESSION_SLOTS = 1000;
    private static final int NO_SESSION = 0;
    private static final int FINAL_EPOCH = -1;
    private static final int FIRST_EPOCH = 0;

    private final TopicCatalog catalog;
    private final Access access;
    private final FetchSessions sessions;
    private final Executor blocking;

    public FetchHandler(
            TopicCatalog catalog, Access access, LongSupplier clock, Executor blocking) {
        this.catalog = catalog;
        this.access = access;
        this.blocking = blocking;
        this.sessions = new FetchSessions(SESSION_SLOTS, clock);
    }

    public void fetch(Exchange exchange) {
        FetchRequestData request = exchange.body(FetchRequestData.class);
        String tenant = exchange.client().tenant();
        boolean byId = exchange.version() >= FIRST_VERSION_BY_ID;
        if (request.sessionEpoch() == FINAL_EPOCH || request.sessionEpoch() == FIRST_EPOCH) {
            if (request.sessionId() != NO_SESSION) {
                sessions.close(tenant, request.sessionId());
            }
            FetchSession opened = null;
            if (request.sessionEpoch() == FIRST_EPOCH && hasPartitions(request)) {
                opened = sessions.open(tenant, byId);
                if (opened != null) {
                    opened.take(request);
                }
            }
            start(exchange, request, partitions(request), opened, true);
            return;
        }
        FetchSession session = sessions.find(tenant, request.sessionId());
        if (session == null) {
            refuse(exchange, Errors.FETCH_SESSION_ID_NOT_FOUND);
            return;
        }
        Errors error = session.advance(request, byId, sessions.now());
        if (error != Errors.NONE) {
            refuse(exchange, error);
        } else if (session.size() == 0) {
            sessions.close(tenant, session.id());
            start(exchange, request, List.of(), null, true);
        } else {
            start(exchange, request, session.toFetch(), session, false);
        }
    }

    private static boolean hasPartitions(FetchRequestData request) {
        return request.topics().stream().anyMatch(topic -> !topic.partitions().isEmpty());
    }

    private static List<FetchedPartition> partitions(FetchRequestData request) {
        List<FetchedPartition> all = new ArrayList<>();
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition partition : topic.partitions()) {
                all.add(new FetchedPartition(topic.topic(), topic.topicId(), partition));
            }
        }
        return all;
    }

    private void start(
            Exchange exchange,
            FetchRequestData request,
            List<FetchedPartition> partitions,
            @Nullable FetchSession session,
            boolean full) {
        new FetchOperation(exchange, request, partitions, session, full, catalog, access, blocking)
                .start();
    }

    private static void refuse(Exchange exchange, Errors error) {
        exchange.respond(
                new FetchResponseData().setErrorCode(error.code()).setSessionId(NO_SESSION));
    }
}
