package io.polymq.amqp.v1;

import io.polymq.amqp.StreamOffset;
import io.polymq.amqp.StreamReader;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Notes;
import io.polymq.amqp.v1.address.Address;
import io.polymq.amqp.v1.filter.Filters;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.Terminus;
import io.polymq.amqp.v1.message.Conversion;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Attaches links by which clients receive. Connection zone. */
final class Receiving {

    /** The property of a link that reads another partition of a stream than its first. */
    private static final Symbol PARTITION = new Symbol("polymq:stream-partition");

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
            lookUp(attach);
            return;
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
                                                            Kind.SHARED,
                                                            null)));
            case Address.Exchange exchange -> subscribe(attach, source, exchange, guard);
            case Address.Management management -> management(attach, source);
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
                                                Kind.SHARED,
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
        Subscription kept =
                Subscription.of(attach.name(), source, connection.opening().containerId());
        if (kept == null) {
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
                                                Kind.SUBSCRIPTION,
                                                () -> nodes.delete(queue.name()));
                                    }));
            return;
        }
        String selector = Filters.parse(source.filters(), Filters.Node.EXCHANGE).selector();
        connection.await(
                nodes.subscription(kept.definition(exchange, selector), exchange),
                (made, failure) ->
                        guard.run(
                                () -> {
                                    OutgoingLink link =
                                            queue(
                                                    attach,
                                                    source,
                                                    Nodes.require(made, failure),
                                                    kept.shared()
                                                            ? Kind.SUBSCRIPTION
                                                            : Kind.EXCLUSIVE,
                                                    null);
                                    if (kept.durable()) {
                                        link.atUnsubscribe(() -> nodes.unsubscribe(kept.queue()));
                                    }
                                }));
    }

    /** A source that is not said: the client asks for the subscription of the link's name. */
    private void lookUp(Performative.Attach attach) {
        Subscription named =
                Subscription.durable(
                        attach.name(),
                        connection.opening().containerId(),
                        Subscription.isGlobal(attach.name())
                                || attach.desired().contains("global"));
        AmqpQueue queue = connection.host().queues().find(named.queue());
        if (queue == null) {
            throw FrameException.link(
                    Condition.NOT_FOUND, "no subscription '" + attach.name() + "'");
        }
        Terminus.Source source =
                new Terminus.Source(
                        Subscription.subscribedTo(queue.definition()).text(),
                        Terminus.DURABLE_UNSETTLED_STATE,
                        Terminus.EXPIRY_NEVER,
                        0,
                        false,
                        Map.of(),
                        null,
                        Map.of(),
                        null,
                        List.of(),
                        List.of("topic"));
        OutgoingLink link = link(attach, source, DeliveryWriter.Annotator.NONE);
        link.atUnsubscribe(() -> nodes.unsubscribe(named.queue()));
        answer(attach, source, Map.of());
        session.add(link);
    }

    /** What a queue is to a link. */
    private enum Kind {
        /** Others may consume from it as well. */
        SHARED,
        /** It gets what an exchange has for this link. */
        SUBSCRIPTION,
        /** The same, and no other link may have it. */
        EXCLUSIVE
    }

    private OutgoingLink queue(
            Performative.Attach attach,
            Terminus.Source source,
            AmqpQueue queue,
            Kind kind,
            @Nullable Runnable atEnd) {
        queue.checkAccess(connection.id());
        if (Terminus.COPY.equals(source.distributionMode())
                && kind == Kind.SHARED
                && !queue.isStream()) {
            return browse(attach, source, queue, atEnd);
        }
        Filters filters = Filters.parse(source.filters(), node(queue, kind));
        AmqpQueue.Consumer listed = Attaching.listed(connection, attach, kind == Kind.EXCLUSIVE);
        StreamOffset from =
                queue.isStream()
                        ? StreamOffset.of(
                                filters.streamOffset(),
                                "stream '" + queue.name() + "'",
                                connection.broker().clock().instant())
                        : null;
        int partition = from == null ? 0 : StreamReader.partition(queue, partitionOf(attach));
        queue.begin(listed);
        OutgoingLink link =
                link(attach, source, from == null ? annotator(queue) : StreamFeed.OFFSETS);
        if (atEnd != null) {
            link.atEnd(atEnd);
        }
        answer(attach, source.filtered(filters.applied()), Map.of());
        session.add(link);
        link.begin(
                from == null
                        ? new QueueFeed(link, queue, listed, filters, kind != Kind.SHARED)
                        : new StreamFeed(link, queue, listed, partition, from, filters));
        return link;
    }

    private static @Nullable Object partitionOf(Performative.Attach attach) {
        Object named = attach.properties().get(PARTITION);
        return named instanceof Unsigned number ? (Object) number.value() : named;
    }

    /** Shows what others consume. */
    private OutgoingLink browse(
            Performative.Attach attach,
            Terminus.Source source,
            AmqpQueue queue,
            @Nullable Runnable atEnd) {
        Filters filters = Filters.parse(source.filters(), Filters.Node.QUEUE);
        OutgoingLink link = link(attach, source, annotator(queue));
        link.atEnd(atEnd);
        answer(attach, source.filtered(filters.applied()), Map.of());
        session.add(link);
        link.begin(new BrowseFeed(link, queue, filters));
        return link;
    }

    /** What consumers have noted on messages that they gave back. */
    private static DeliveryWriter.Annotator annotator(AmqpQueue queue) {
        Notes notes = queue.notes();
        return message -> {
            Map<String, @Nullable Object> noted = notes.of(message.offset());
            if (noted.isEmpty()) {
                return noted;
            }
            Map<String, @Nullable Object> annotations = new LinkedHashMap<>();
            noted.forEach((name, value) -> annotations.put(name, Conversion.fromField(value)));
            return annotations;
        };
    }

    private static Filters.Node node(AmqpQueue queue, Kind kind) {
        if (queue.isStream()) {
            return Filters.Node.STREAM;
        }
        return kind == Kind.SHARED ? Filters.Node.QUEUE : Filters.Node.EXCHANGE;
    }

    /** The link by which replies of the management node go. */
    private void management(Performative.Attach attach, Terminus.Source source) {
        OutgoingLink link = link(attach, source, DeliveryWriter.Annotator.NONE);
        answer(attach, source.filtered(Map.of()), Map.of(new Symbol("paired"), true));
        session.add(link);
        link.begin(new ReplyFeed(link));
    }

    private OutgoingLink link(
            Performative.Attach attach,
            Terminus.Source source,
            DeliveryWriter.Annotator annotator) {
        DeliveryState.Outcome standard = source.defaultOutcome();
        return new OutgoingLink(
                session,
                attach,
                source.address(),
                Attaching.isSettled(attach),
                standard == null ? DeliveryState.RELEASED : standard,
                annotator);
    }

    private void answer(
            Performative.Attach attach,
            Terminus.Source source,
            Map<Symbol, @Nullable Object> properties) {
        connection.send(
                session.channel(),
                Attaching.answer(
                                attach,
                                source.offering(OUTCOMES),
                                attach.target(),
                                attach.senderMode())
                        .with(properties));
    }
}
