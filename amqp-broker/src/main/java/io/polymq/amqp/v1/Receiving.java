package io.polymq.amqp.v1;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.v1.address.Address;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.Terminus;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Attaches links by which clients receive. Connection zone. */
final class Receiving {

    private static final List<String> OUTCOMES =
            List.of(
                    "amqp:accepted:list",
                    "amqp:rejected:list",
                    "amqp:released:list",
                    "amqp:modified:list");

    private final Session session;
    private final V1Connection connection;
    private final Nodes nodes;

    Receiving(Session session, Nodes nodes) {
        this.session = session;
        this.connection = session.connection();
        this.nodes = nodes;
    }

    void attach(Performative.Attach attach, Attaching.Guard guard) {
        Terminus.Source source = attach.source();
        if (source == null) {
            throw FrameException.link(
                    Condition.INVALID_FIELD, "a link to receive by needs a source");
        }
        Set<String> capabilities = Set.copyOf(source.capabilities());
        if (source.dynamic()) {
            dynamic(attach, source, capabilities, guard);
            return;
        }
        switch (Address.source(source.address(), capabilities)) {
            case Address.Queue queue ->
                    connection.await(
                            nodes.queue(queue, connection.opening().rights()::readQueue),
                            (found, failure) ->
                                    guard.run(
                                            () ->
                                                    queue(
                                                            attach,
                                                            source,
                                                            Nodes.require(found, failure),
                                                            false,
                                                            null)));
            case Address.Exchange exchange -> subscribe(attach, source, exchange, guard);
            case Address.Management management -> throw invalid("no management yet");
            case Address.Anonymous anonymous -> throw invalid("a source without an address");
        }
    }

    private static FrameException invalid(String text) {
        return FrameException.link(Condition.INVALID_FIELD, text);
    }

    private void dynamic(
            Performative.Attach attach,
            Terminus.Source source,
            Set<String> capabilities,
            Attaching.Guard guard) {
        if (source.address() != null) {
            throw invalid("who asks for a dynamic node does not name it");
        }
        connection.await(
                nodes.make(capabilities),
                (made, failure) ->
                        guard.run(
                                () -> {
                                    Address address = Nodes.require(made, failure);
                                    Terminus.Source at = source.at(address.text());
                                    if (address instanceof Address.Queue queue) {
                                        queue(
                                                attach,
                                                at,
                                                connection.host().queues().require(queue.name()),
                                                false,
                                                () -> nodes.delete(queue.name()));
                                    } else if (address instanceof Address.Exchange exchange) {
                                        subscribe(attach, at, exchange, guard);
                                    }
                                }));
    }

    private void subscribe(
            Performative.Attach attach,
            Terminus.Source source,
            Address.Exchange exchange,
            Attaching.Guard guard) {
        connection.await(
                nodes.subscribed(exchange),
                (made, failure) ->
                        guard.run(
                                () -> {
                                    AmqpQueue queue = Nodes.require(made, failure);
                                    queue(
                                            attach,
                                            source,
                                            queue,
                                            false,
                                            () -> nodes.delete(queue.name()));
                                }));
    }

    private void queue(
            Performative.Attach attach,
            Terminus.Source source,
            AmqpQueue queue,
            boolean exclusive,
            @Nullable Runnable atEnd) {
        queue.checkAccess(connection.id());
        AmqpQueue.Consumer listed = Attaching.listed(connection, attach, exclusive);
        queue.begin(listed);
        OutgoingLink link = link(attach, source);
        if (atEnd != null) {
            link.atEnd(atEnd);
        }
        answer(attach, source.filtered(Map.of()));
        session.add(link);
        link.begin(new QueueFeed(link, queue, listed));
    }

    private OutgoingLink link(Performative.Attach attach, Terminus.Source source) {
        DeliveryState.Outcome standard = source.defaultOutcome();
        return new OutgoingLink(
                session,
                attach,
                Attaching.isSettled(attach),
                standard == null ? DeliveryState.RELEASED : standard,
                DeliveryWriter.Annotator.NONE);
    }

    private void answer(Performative.Attach attach, Terminus.Source source) {
        connection.send(
                session.channel(),
                Attaching.answer(
                        attach,
                        source.offering(OUTCOMES),
                        attach.target(),
                        attach.senderMode()));
    }
}
