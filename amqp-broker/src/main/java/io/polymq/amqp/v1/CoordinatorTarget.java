package io.polymq.amqp.v1;

import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.message.Incoming;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Begins and discharges transactions; the end of the link rolls them back. Connection zone. */
final class CoordinatorTarget implements Arrival {

    /** What it can. */
    static final List<String> CAPABILITIES =
            List.of("amqp:local-transactions", "amqp:multi-txns-per-ssn");

    private static final int DECLARE = 0x31;
    private static final int DISCHARGE = 0x32;

    private final Session session;
    private final Incoming incoming;
    private final Set<ByteBuffer> own = new HashSet<>();

    CoordinatorTarget(Session session) {
        this.session = session;
        this.incoming = new Incoming(session.connection().broker().settings().maxMessageSize());
    }

    @Override
    public void message(
            IncomingLink link,
            int deliveryId,
            boolean settled,
            @Nullable DeliveryState state,
            byte[] bytes,
            int offset,
            int length) {
        Object value = incoming.read(bytes, offset, length).value();
        if (!(value instanceof Described command) || !(command.value() instanceof List<?> fields)) {
            throw wrong();
        }
        if (is(command, "amqp:declare:list", DECLARE)) {
            if (!fields.isEmpty() && fields.getFirst() != null) {
                throw FrameException.link(
                        Condition.NOT_IMPLEMENTED, "transactions of other coordinators");
            }
            if (settled) {
                throw FrameException.link(
                        Condition.NOT_ALLOWED, "a declare that is settled cannot be answered");
            }
            byte[] id = session.transactions().declare();
            own.add(ByteBuffer.wrap(id));
            session.outcomes().settle(link, deliveryId, new DeliveryState.Declared(id));
        } else if (is(command, "amqp:discharge:list", DISCHARGE)
                && !fields.isEmpty()
                && fields.getFirst() instanceof byte[] id) {
            boolean fail = fields.size() > 1 && Boolean.TRUE.equals(fields.get(1));
            discharge(link, deliveryId, settled, id, fail);
        } else {
            throw wrong();
        }
    }

    private static boolean is(Described command, String name, int code) {
        return switch (command.descriptor()) {
            case Unsigned number -> number.value() == code;
            case Symbol symbol -> symbol.text().equals(name);
            case null, default -> false;
        };
    }

    private static FrameException wrong() {
        return FrameException.link(
                Condition.NOT_IMPLEMENTED, "a coordinator takes declare and discharge alone");
    }

    private void discharge(
            IncomingLink link, int deliveryId, boolean settled, byte[] id, boolean fail) {
        Transaction transaction =
                own.remove(ByteBuffer.wrap(id)) ? session.transactions().end(id) : null;
        if (transaction == null) {
            answer(
                    link,
                    deliveryId,
                    settled,
                    ErrorInfo.of(Condition.UNKNOWN_TRANSACTION, "no such transaction"));
        } else if (fail) {
            transaction.rollback();
            answer(link, deliveryId, settled, null);
        } else {
            session.connection()
                    .await(
                            transaction.commit(),
                            (done, failure) ->
                                    answer(
                                            link,
                                            deliveryId,
                                            settled,
                                            failure == null ? null : rolledBack(failure)));
        }
    }

    private static ErrorInfo rolledBack(Throwable failure) {
        return ErrorInfo.of(
                Condition.TRANSACTION_ROLLBACK,
                String.valueOf(Conditions.of(failure).description()));
    }

    private void answer(
            IncomingLink link, int deliveryId, boolean settled, @Nullable ErrorInfo error) {
        if (!settled) {
            session.outcomes()
                    .settle(
                            link,
                            deliveryId,
                            error == null
                                    ? DeliveryState.ACCEPTED
                                    : new DeliveryState.Rejected(error));
        }
    }

    @Override
    public void closed() {
        for (ByteBuffer id : own) {
            Transaction open = session.transactions().end(id.array());
            if (open != null) {
                open.rollback();
            }
        }
        own.clear();
    }
}
