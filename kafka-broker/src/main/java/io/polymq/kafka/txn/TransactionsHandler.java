package io.polymq.kafka.txn;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.group.GroupService;
import io.polymq.kafka.txn.TransactionCoordinator.Init;
import io.polymq.kafka.txn.TransactionCoordinator.Producer;
import java.util.Set;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Serves InitProducerId, AddOffsetsToTxn and EndTxn. Connection zone; answers come from anywhere.
 */
public final class TransactionsHandler {

    private static final short FIRST_INIT_WITH_FENCED = 4;
    private static final short FIRST_WITH_FENCED = 2;
    private static final short FIRST_END_THAT_BUMPS = 5;

    private final TransactionCoordinator coordinator;
    private final GroupService groups;
    private final Access access;

    public TransactionsHandler(
            TransactionCoordinator coordinator, GroupService groups, Access access) {
        this.coordinator = coordinator;
        this.groups = groups;
        this.access = access;
    }

    public void initProducerId(Exchange exchange) {
        InitProducerIdRequestData request = exchange.body(InitProducerIdRequestData.class);
        String id = request.transactionalId();
        if (id == null && !access.mayProduceIdempotently(exchange.client())) {
            exchange.respond(
                    producer(
                            Errors.CLUSTER_AUTHORIZATION_FAILED,
                            Transaction.NO_ID,
                            Transaction.NO_EPOCH));
            return;
        }
        if (id == null) {
            coordinator
                    .producerId()
                    .whenComplete(
                            (fresh, failure) ->
                                    exchange.respond(
                                            failure == null
                                                    ? producer(Errors.NONE, fresh, (short) 0)
                                                    : producer(
                                                            Errors.COORDINATOR_NOT_AVAILABLE,
                                                            Transaction.NO_ID,
                                                            Transaction.NO_EPOCH)));
            return;
        }
        Errors error = refusal(exchange, id);
        if (error != Errors.NONE) {
            exchange.respond(producer(error, Transaction.NO_ID, Transaction.NO_EPOCH));
            return;
        }
        coordinator.init(
                new TransactionKey(exchange.client().tenant(), id),
                new Init(
                        request.transactionTimeoutMs(),
                        request.producerId(),
                        request.producerEpoch()),
                reply ->
                        exchange.respond(
                                producer(
                                        fenced(exchange, reply.error(), FIRST_INIT_WITH_FENCED),
                                        reply.producerId(),
                                        reply.epoch())));
    }

    private static InitProducerIdResponseData producer(Errors error, long id, short epoch) {
        return new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(id)
                .setProducerEpoch(epoch);
    }

    private Errors refusal(Exchange exchange, String transactionalId) {
        if (transactionalId.isEmpty()) {
            return Errors.INVALID_REQUEST;
        }
        return access.mayTransact(exchange.client(), transactionalId)
                ? Errors.NONE
                : Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    }

    /** Older clients know the same condition by another name. */
    static Errors fenced(Exchange exchange, Errors error, short firstVersion) {
        return error == Errors.PRODUCER_FENCED && exchange.version() < firstVersion
                ? Errors.INVALID_PRODUCER_EPOCH
                : error;
    }

    public void addOffsets(Exchange exchange) {
        AddOffsetsToTxnRequestData request = exchange.body(AddOffsetsToTxnRequestData.class);
        Errors error = refusal(exchange, request.transactionalId());
        if (error == Errors.NONE
                && !access.group(exchange.client(), Action.READ, request.groupId())) {
            error = Errors.GROUP_AUTHORIZATION_FAILED;
        }
        if (error != Errors.NONE) {
            exchange.respond(new AddOffsetsToTxnResponseData().setErrorCode(error.code()));
            return;
        }
        int partition = groups.partitionOf(request.groupId());
        coordinator.join(
                new Producer(
                        new TransactionKey(exchange.client().tenant(), request.transactionalId()),
                        request.producerId(),
                        request.producerEpoch()),
                Set.of(new Participant.Offsets(partition)),
                outcome ->
                        exchange.respond(
                                new AddOffsetsToTxnResponseData()
                                        .setErrorCode(
                                                fenced(exchange, outcome, FIRST_WITH_FENCED)
                                                        .code())));
    }

    public void endTxn(Exchange exchange) {
        EndTxnRequestData request = exchange.body(EndTxnRequestData.class);
        Errors error = refusal(exchange, request.transactionalId());
        if (error != Errors.NONE) {
            exchange.respond(new EndTxnResponseData().setErrorCode(error.code()));
            return;
        }
        coordinator.end(
                new Producer(
                        new TransactionKey(exchange.client().tenant(), request.transactionalId()),
                        request.producerId(),
                        request.producerEpoch()),
                request.committed(),
                exchange.version() >= FIRST_END_THAT_BUMPS,
                reply ->
                        exchange.respond(
                                new EndTxnResponseData()
                                        .setErrorCode(
                                                fenced(exchange, reply.error(), FIRST_WITH_FENCED)
                                                        .code())
                                        .setProducerId(reply.producerId())
                                        .setProducerEpoch(reply.epoch())));
    }
}
