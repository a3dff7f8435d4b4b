package io.polymq.amqp.v1.frame;

import io.polymq.amqp.v1.type.Symbol;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What peers tell each other in frames, but for {@link Transfer}, which is read without an object.
 */
public sealed interface Performative {

    /** An unsigned number that was not sent. */
    long ABSENT = -1;

    /** Begins a connection. */
    record Open(
            String containerId,
            @Nullable String hostname,
            long maxFrameSize,
            int channelMax,
            long idleTimeOut,
            List<String> offered,
            List<String> desired,
            Map<Symbol, @Nullable Object> properties)
            implements Performative {}

    /** Begins a session. */
    record Begin(
            long remoteChannel,
            long nextOutgoingId,
            long incomingWindow,
            long outgoingWindow,
            long handleMax,
            List<String> offered,
            List<String> desired,
            Map<Symbol, @Nullable Object> properties)
            implements Performative {}

    /**
     * Attaches a link.
     *
     * @param receiver whether the sender of the frame receives the messages
     * @param senderMode 0 unsettled, 1 settled, 2 mixed
     * @param receiverMode 0 first, 1 second
     * @param target of a link to a coordinator, a {@link Terminus.Coordinator}
     * @param hasUnsettled whether it brought deliveries of a former life
     */
    record Attach(
            String name,
            long handle,
            boolean receiver,
            int senderMode,
            int receiverMode,
            Terminus.@Nullable Source source,
            @Nullable Terminus target,
            boolean hasUnsettled,
            long initialDeliveryCount,
            long maxMessageSize,
            List<String> offered,
            List<String> desired,
            Map<Symbol, @Nullable Object> properties)
            implements Performative {

        /** The same with other properties. */
        public Attach with(Map<Symbol, @Nullable Object> others) {
            return new Attach(
                    name,
                    handle,
                    receiver,
                    senderMode,
                    receiverMode,
                    source,
                    target,
                    hasUnsettled,
                    initialDeliveryCount,
                    maxMessageSize,
                    offered,
                    desired,
                    others);
        }
    }

    /** Session windows, and a link's credit. */
    record Flow(
            long nextIncomingId,
            long incomingWindow,
            long nextOutgoingId,
            long outgoingWindow,
            long handle,
            long deliveryCount,
            long linkCredit,
            long available,
            boolean drain,
            boolean echo)
            implements Performative {}

    /** What has become of deliveries, as the receiver or the sender of them says. */
    record Disposition(
            boolean receiver, int first, int last, boolean settled, @Nullable DeliveryState state)
            implements Performative {}

    /** Ends a link, or only this attachment of it. */
    record Detach(long handle, boolean closed, @Nullable ErrorInfo error) implements Performative {}

    /** Ends a session. */
    record End(@Nullable ErrorInfo error) implements Performative {}

    /** Ends a connection. */
    record Close(@Nullable ErrorInfo error) implements Performative {}
}
