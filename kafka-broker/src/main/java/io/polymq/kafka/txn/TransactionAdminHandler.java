package io.polymq.kafka.txn;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.kafka.txn.Transaction.Phase;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TransactionState;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves DescribeTransactions and ListTransactions, from memory. Connection zone. */
public final class TransactionAdminHandler {

    private final TransactionCoordinator coordinator;
    private final TopicCatalog catalog;
    private final Access access;

    public TransactionAdminHandler(
            TransactionCoordinator coordinator, TopicCatalog catalog, Access access) {
        this.coordinator = coordinator;
        this.catalog = catalog;
        this.access = access;
    }

    public void describe(Exchange exchange) {
        DescribeTransactionsRequestData request =
                exchange.body(DescribeTransactionsRequestData.class);
        DescribeTransactionsResponseData response = new DescribeTransactionsResponseData();
        for (String id : request.transactionalIds()) {
            response.transactionStates().add(describe(exchange, id));
        }
        exchange.respond(response);
    }

    private TransactionState describe(Exchange exchange, String id) {
        TransactionState answer = new TransactionState().setTransactionalId(id);
        if (id.isEmpty()) {
            return answer.setErrorCode(Errors.INVALID_REQUEST.code());
        }
        if (!access.transaction(exchange.client(), Action.DESCRIBE, id)) {
            return answer.setErrorCode(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code());
        }
        if (!coordinator.isLoaded()) {
            return answer.setErrorCode(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        }
        String tenant = exchange.client().tenant();
        Transaction found = coordinator.find(new TransactionKey(tenant, id));
        if (found == null) {
            return answer.setErrorCode(Errors.TRANSACTIONAL_ID_NOT_FOUND.code());
        }
        answer.setTransactionState(found.phase().title())
                .setTransactionTimeoutMs(found.timeoutMillis())
                .setTransactionStartTimeMs(found.begun())
                .setProducerId(found.producerId())
                .setProducerEpoch(found.epoch());
        for (Participant participant : found.participants()) {
            if (participant instanceof Participant.Partition(UUID topic, int number)) {
                add(exchange, answer, topic, number);
            }
        }
        return answer;
    }

    private void add(Exchange exchange, TransactionState answer, UUID id, int number) {
        KafkaTopic topic =
                catalog.find(
                        exchange.client().tenant(),
                        new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits()));
        if (topic == null || !access.mayRead(exchange.client(), topic.name())) {
            return;
        }
        TopicData data = answer.topics().find(topic.name());
        if (data == null) {
            data = new TopicData().setTopic(topic.name());
            answer.topics().add(data);
        }
        data.partitions().add(number);
    }

    public void list(Exchange exchange) {
        ListTransactionsRequestData request = exchange.body(ListTransactionsRequestData.class);
        ListTransactionsResponseData response = new ListTransactionsResponseData();
        if (!coordinator.isLoaded()) {
            exchange.respond(response.setErrorCode(Errors.COORDINATOR_LOAD_IN_PROGRESS.code()));
            return;
        }
        Pattern pattern;
        try {
            pattern = pattern(request.transactionalIdPattern());
        } catch (PatternSyntaxException malformed) {
            exchange.respond(response.setErrorCode(Errors.INVALID_REGULAR_EXPRESSION.code()));
            return;
        }
        Set<Phase> phases = phases(request, response);
        boolean nothing = phases.isEmpty() && !request.stateFilters().isEmpty();
        for (TransactionActor actor : coordinator.all(exchange.client().tenant())) {
            Transaction state = actor.state();
            String id = actor.key().id();
            if (state != null
                    && !nothing
                    && (phases.isEmpty() || phases.contains(state.phase()))
                    && (request.producerIdFilters().isEmpty()
                            || request.producerIdFilters().contains(state.producerId()))
                    && lasts(state, request.durationFilter())
                    && (pattern == null || pattern.matches(id))
                    && access.transaction(exchange.client(), Action.DESCRIBE, id)) {
                response.transactionStates()
                        .add(
                                new ListTransactionsResponseData.TransactionState()
                                        .setTransactionalId(id)
                                        .setProducerId(state.producerId())
                                        .setTransactionState(state.phase().title()));
            }
        }
        exchange.respond(response);
    }

    private static @Nullable Pattern pattern(@Nullable String text) {
        return text == null || text.isEmpty() ? null : Pattern.compile(text);
    }

    private static Set<Phase> phases(
            ListTransactionsRequestData request, ListTransactionsResponseData response) {
        Set<Phase> phases = EnumSet.noneOf(Phase.class);
        for (String asked : request.stateFilters()) {
            boolean found = false;
            for (Phase phase : Phase.values()) {
                if (phase.title().equals(asked)) {
                    phases.add(phase);
                    found = true;
                }
            }
            if (!found) {
                response.unknownStateFilters().add(asked);
            }
        }
        return phases;
    }

    private boolean lasts(Transaction state, long atLeastMillis) {
        return atLeastMillis < 0
                || state.begun() >= 0 && coordinator.now() - state.begun() > atLeastMillis;
    }
}
