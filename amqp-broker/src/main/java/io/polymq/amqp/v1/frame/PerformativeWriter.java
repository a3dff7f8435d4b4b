package io.polymq.amqp.v1.frame;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.v1.type.AmqpArray;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.amqp.v1.type.ValueWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes performatives; a field at the end that says nothing is left out. Stateless. */
public final class PerformativeWriter {

    private static final String[] EXPIRES = {
        Terminus.EXPIRY_LINK,
        Terminus.EXPIRY_SESSION,
        Terminus.EXPIRY_CONNECTION,
        Terminus.EXPIRY_NEVER
    };

    private PerformativeWriter() {}

    public static void write(ByteBuf out, Performative performative) {
        ValueWriter.write(
                out,
                switch (performative) {
                    case Performative.Open open -> open(open);
                    case Performative.Begin begin -> begin(begin);
                    case Performative.Attach attach -> attach(attach);
                    case Performative.Flow flow -> flow(flow);
                    case Performative.Disposition disposition -> disposition(disposition);
                    case Performative.Detach detach ->
                            composite(
                                    Descriptors.DETACH,
                                    uint(detach.handle()),
                                    flag(detach.closed()),
                                    error(detach.error()));
                    case Performative.End end -> composite(Descriptors.END, error(end.error()));
                    case Performative.Close close ->
                            composite(Descriptors.CLOSE, error(close.error()));
                });
    }

    public static void write(ByteBuf out, SaslFrame frame) {
        ValueWriter.write(
                out,
                switch (frame) {
                    case SaslFrame.Mechanisms mechanisms ->
                            composite(
                                    Descriptors.SASL_MECHANISMS,
                                    new AmqpArray(symbols(mechanisms.names())));
                    case SaslFrame.Init init ->
                            composite(
                                    Descriptors.SASL_INIT,
                                    new Symbol(init.mechanism()),
                                    init.response(),
                                    init.hostname());
                    case SaslFrame.Challenge challenge ->
                            composite(Descriptors.SASL_CHALLENGE, challenge.bytes());
                    case SaslFrame.Response response ->
                            composite(Descriptors.SASL_RESPONSE, response.bytes());
                    case SaslFrame.Outcome outcome ->
                            composite(
                                    Descriptors.SASL_OUTCOME,
                                    Unsigned.ofByte(outcome.code()),
                                    outcome.additional());
                });
    }

    private static Described composite(int descriptor, @Nullable Object... fields) {
        int count = fields.length;
        while (count > 0 && fields[count - 1] == null) {
            count--;
        }
        return new Described(
                Unsigned.ofLong(descriptor),
                new ArrayList<>(Arrays.asList(fields).subList(0, count)));
    }

    private static @Nullable Object uint(long number) {
        return number == Performative.ABSENT ? null : Unsigned.ofInt(number);
    }

    private static @Nullable Object flag(boolean flag) {
        return flag ? true : null;
    }

    private static List<@Nullable Object> symbols(List<String> names) {
        List<@Nullable Object> all = new ArrayList<>(names.size());
        names.forEach(name -> all.add(new Symbol(name)));
        return all;
    }

    private static @Nullable Object several(List<String> names) {
        return names.isEmpty() ? null : new AmqpArray(symbols(names));
    }

    private static @Nullable Object map(Map<Symbol, @Nullable Object> entries) {
        return entries.isEmpty() ? null : entries;
    }

    private static Described open(Performative.Open open) {
        return composite(
                Descriptors.OPEN,
                open.containerId(),
                open.hostname(),
                uint(open.maxFrameSize()),
                Unsigned.ofShort(open.channelMax()),
                open.idleTimeOut() == 0 ? null : uint(open.idleTimeOut()),
                null,
                null,
                several(open.offered()),
                several(open.desired()),
                map(open.properties()));
    }

    private static Described begin(Performative.Begin begin) {
        return composite(
                Descriptors.BEGIN,
                begin.remoteChannel() == Performative.ABSENT
                        ? null
                        : Unsigned.ofShort((int) begin.remoteChannel()),
                uint(begin.nextOutgoingId()),
                uint(begin.incomingWindow()),
                uint(begin.outgoingWindow()),
                uint(begin.handleMax()),
                several(begin.offered()),
                several(begin.desired()),
                map(begin.properties()));
    }

    private static Described attach(Performative.Attach attach) {
        return composite(
                Descriptors.ATTACH,
                attach.name(),
                uint(attach.handle()),
                attach.receiver(),
                Unsigned.ofByte(attach.senderMode()),
                Unsigned.ofByte(attach.receiverMode()),
                terminus(attach.source()),
                terminus(attach.target()),
                null,
                null,
                uint(attach.initialDeliveryCount()),
                attach.maxMessageSize() == 0 ? null : Unsigned.ofLong(attach.maxMessageSize()),
                several(attach.offered()),
                several(attach.desired()),
                map(attach.properties()));
    }

    private static Described flow(Performative.Flow flow) {
        return composite(
                Descriptors.FLOW,
                uint(flow.nextIncomingId()),
                uint(flow.incomingWindow()),
                uint(flow.nextOutgoingId()),
                uint(flow.outgoingWindow()),
                uint(flow.handle()),
                uint(flow.deliveryCount()),
                uint(flow.linkCredit()),
                flow.available() == 0 ? null : uint(flow.available()),
                flag(flow.drain()),
                flag(flow.echo()));
    }

    private static Described disposition(Performative.Disposition disposition) {
        return composite(
                Descriptors.DISPOSITION,
                disposition.receiver(),
                uint(disposition.first() & 0xFFFF_FFFFL),
                disposition.last() == disposition.first()
                        ? null
                        : uint(disposition.last() & 0xFFFF_FFFFL),
                flag(disposition.settled()),
                state(disposition.state()));
    }

    private static @Nullable Object error(@Nullable ErrorInfo error) {
        return error == null
                ? null
                : composite(
                        Descriptors.ERROR,
                        new Symbol(error.condition()),
                        error.description(),
                        map(error.info()));
    }

    private static @Nullable Object state(@Nullable DeliveryState state) {
        return switch (state) {
            case null -> null;
            case DeliveryState.Accepted accepted -> composite(Descriptors.ACCEPTED);
            case DeliveryState.Released released -> composite(Descriptors.RELEASED);
            case DeliveryState.Rejected rejected ->
                    composite(Descriptors.REJECTED, error(rejected.error()));
            case DeliveryState.Modified modified ->
                    composite(
                            Descriptors.MODIFIED,
                            flag(modified.deliveryFailed()),
                            flag(modified.undeliverableHere()),
                            map(modified.annotations()));
            case DeliveryState.Received received ->
                    composite(
                            Descriptors.RECEIVED,
                            Unsigned.ofInt(received.section()),
                            Unsigned.ofLong(received.offset()));
            case DeliveryState.Declared declared ->
                    composite(Descriptors.DECLARED, declared.transaction());
            case DeliveryState.Transactional transactional ->
                    composite(
                            Descriptors.TRANSACTIONAL,
                            transactional.transaction(),
                            state(transactional.outcome()));
        };
    }

    private static @Nullable Object terminus(@Nullable Terminus terminus) {
        return switch (terminus) {
            case null -> null;
            case Terminus.Source source ->
                    composite(
                            Descriptors.SOURCE,
                            source.address(),
                            durable(source.durable()),
                            expiry(source.expiry()),
                            source.timeout() == 0 ? null : uint(source.timeout()),
                            flag(source.dynamic()),
                            map(source.dynamicProperties()),
                            source.distributionMode() == null
                                    ? null
                                    : new Symbol(source.distributionMode()),
                            map(source.filters()),
                            state(source.defaultOutcome()),
                            several(source.outcomes()),
                            several(source.capabilities()));
            case Terminus.Target target ->
                    composite(
                            Descriptors.TARGET,
                            target.address(),
                            durable(target.durable()),
                            expiry(target.expiry()),
                            target.timeout() == 0 ? null : uint(target.timeout()),
                            flag(target.dynamic()),
                            map(target.dynamicProperties()),
                            several(target.capabilities()));
            case Terminus.Coordinator coordinator ->
                    composite(Descriptors.COORDINATOR, several(coordinator.capabilities()));
        };
    }

    private static @Nullable Object durable(int durability) {
        return durability == 0 ? null : Unsigned.ofInt(durability);
    }

    /** An unknown policy is not repeated. */
    private static @Nullable Object expiry(String policy) {
        return policy.equals(Terminus.EXPIRY_SESSION) || !Arrays.asList(EXPIRES).contains(policy)
                ? null
                : new Symbol(policy);
    }
}
