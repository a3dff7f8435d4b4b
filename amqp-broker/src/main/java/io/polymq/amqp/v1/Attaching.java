package io.polymq.amqp.v1;

import io.polymq.amqp.Subscriber;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.amqp.v1.address.Address;
import io.polymq.amqp.v1.address.AddressException;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.Terminus;
import io.polymq.amqp.v1.type.Symbol;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a client's attach: a link to or from a node, or a refusal. A link that was
 * attached elsewhere by the same container is taken from there first. Connection zone.
 */
final class Attaching {

    private static final int SETTLED = 1;

    private final Session session;
    private final V1Connection connection;
    private final Nodes nodes;
    private final Receiving receiving;

    Attaching(Session session) {
        this.session = session;
        this.connection = session.connection();
        this.nodes = new Nodes(connection);
        this.receiving = new Receiving(session, nodes);
    }

    void attach(Performative.Attach attach) {
        Link before = connection.opening().find(attach.name(), !attach.receiver());
        if (before == null) {
            begin(attach);
            return;
        }
        CompletableFuture<Void> stolen = new CompletableFuture<>();
        before.session()
                .connection()
                .onLoop(
                        () -> {
                            before.fail(
                                    ErrorInfo.of(Condition.STOLEN, "the link was attached again"));
                            stolen.complete(null);
                        });
        connection.await(stolen, (done, failure) -> begin(attach));
    }

    private void begin(Performative.Attach attach) {
        guarded(
                attach,
                () -> {
                    if (attach.receiver()) {
                        receiving.attach(attach, guard(attach));
                    } else {
                        sending(attach);
                    }
                });
    }

    /** Runs the action; a fault that is the link's refuses it. */
    private void guarded(Performative.Attach attach, Runnable action) {
        if (!session.isOpen()) {
            return;
        }
        session.guarded(
                null,
                () -> {
                    try {
                        action.run();
                    } catch (FrameException e) {
                        if (e.level() != FrameException.Level.LINK) {
                            throw e;
                        }
                        refuse(attach, e);
                    } catch (RuntimeException e) {
                        refuse(attach, e);
                    }
                });
    }

    private Guard guard(Performative.Attach attach) {
        return action -> guarded(attach, action);
    }

    /** Runs later parts of an attach; what they throw refuses it. */
    interface Guard {
        void run(Runnable action);
    }

    /** An attach as the standard has it for a link that is not there: without the node. */
    private void refuse(Performative.Attach attach, RuntimeException why) {
        ErrorInfo error =
                why instanceof AddressException
                        ? ErrorInfo.of(Condition.INVALID_FIELD, String.valueOf(why.getMessage()))
                        : Conditions.of(why);
        connection.send(
                session.channel(),
                answer(
                        attach,
                        attach.receiver() ? null : attach.source(),
                        attach.receiver() ? attach.target() : null,
                        attach.senderMode()));
        session.refuse(attach, error);
    }

    static Performative.Attach answer(
            Performative.Attach attach,
            Terminus.@Nullable Source source,
            @Nullable Terminus target,
            int senderMode) {
        return new Performative.Attach(
                attach.name(),
                attach.handle(),
                !attach.receiver(),
                senderMode,
                attach.receiverMode(),
                source,
                target,
                false,
                attach.receiver() ? 0 : Performative.ABSENT,
                0,
                List.of(),
                List.of(),
                Map.of());
    }

    // Links by which clients send.

    private void sending(Performative.Attach attach) {
        if (attach.initialDeliveryCount() == Performative.ABSENT) {
            throw FrameException.session(
                    Condition.INVALID_FIELD, "a sender attaches without a delivery count");
        }
        switch (attach.target()) {
            case null ->
                    throw FrameException.link(
                            Condition.INVALID_FIELD, "a link to send by needs a target");
            case Terminus.Source source ->
                    throw FrameException.link(
                            Condition.INVALID_FIELD, "the target of a link is a source");
            case Terminus.Coordinator coordinator ->
                    receive(
                            attach,
                            new Terminus.Coordinator(CoordinatorTarget.CAPABILITIES),
                            new CoordinatorTarget(session),
                            Map.of());
            case Terminus.Target target when target.dynamic() -> dynamic(attach, target);
            case Terminus.Target target -> target(attach, target);
        }
    }

    private void dynamic(Performative.Attach attach, Terminus.Target target) {
        if (target.address() != null) {
            throw FrameException.link(
                    Condition.INVALID_FIELD, "who asks for a dynamic node does not name it");
        }
        Set<String> capabilities = Set.copyOf(target.capabilities());
        connection.await(
                nodes.make(capabilities),
                (address, failure) ->
                        guarded(
                                attach,
                                () -> {
                                    Address made = Nodes.require(address, failure);
                                    PublishTarget publish =
                                            new PublishTarget(
                                                    session,
                                                    Place.of(made, connection.host()),
                                                    capabilities);
                                    receive(
                                            attach,
                                            target.at(made.text()),
                                            new Temporary(publish, () -> nodes.delete(made)),
                                            Map.of());
                                }));
    }

    private void target(Performative.Attach attach, Terminus.Target target) {
        Set<String> capabilities = new HashSet<>(target.capabilities());
        Address address = Address.target(target.address(), capabilities);
        switch (address) {
            case Address.Anonymous anonymous ->
                    receive(
                            attach,
                            target,
                            new PublishTarget(session, null, capabilities),
                            Map.of());
            case Address.Management management ->
                    receive(
                            attach,
                            target,
                            new ManagementTarget(session),
                            Map.of(new Symbol("paired"), true));
            case Address.Queue queue ->
                    connection.await(
                            nodes.queue(queue, connection.opening().rights()::writeQueue),
                            (found, failure) ->
                                    guarded(
                                            attach,
                                            () -> {
                                                Nodes.require(found, failure);
                                                publish(attach, target, address, capabilities);
                                            }));
            case Address.Exchange exchange -> publish(attach, target, address, capabilities);
        }
    }

    private void publish(
            Performative.Attach attach,
            Terminus.Target target,
            Address address,
            Set<String> capabilities) {
        VirtualHost host = connection.host();
        Place place = Place.of(address, host);
        connection.opening().rights().writeExchange(place.exchange().name());
        receive(attach, target, new PublishTarget(session, place, capabilities), Map.of());
    }

    private void receive(
            Performative.Attach attach,
            Terminus target,
            Arrival arrival,
            Map<Symbol, @Nullable Object> properties) {
        Performative.Attach answer = answer(attach, attach.source(), target, attach.senderMode());
        connection.send(
                session.channel(),
                new Performative.Attach(
                        answer.name(),
                        answer.handle(),
                        answer.receiver(),
                        answer.senderMode(),
                        answer.receiverMode(),
                        answer.source(),
                        answer.target(),
                        false,
                        Performative.ABSENT,
                        connection.broker().settings().maxMessageSize(),
                        List.of(),
                        List.of(),
                        properties));
        String address = target instanceof Terminus.Target named ? named.address() : null;
        IncomingLink link = new IncomingLink(session, attach, address, arrival);
        session.add(link);
        link.begin();
    }

    /** Whether a receiver wants its deliveries settled. */
    static boolean isSettled(Performative.Attach attach) {
        return attach.senderMode() == SETTLED;
    }

    /** How a consumer is listed. */
    static AmqpQueue.Consumer listed(
            V1Connection connection, Performative.Attach attach, boolean exclusive) {
        Object priority = attach.properties().get(new Symbol("rabbitmq:priority"));
        return new AmqpQueue.Consumer(
                attach.name(),
                connection.id(),
                Subscriber.of(connection.network()),
                connection.network().remote() + " (" + attach.handle() + ")",
                exclusive,
                !isSettled(attach),
                0,
                priority instanceof Number number ? number.intValue() : 0,
                Arguments.NONE);
    }
}
