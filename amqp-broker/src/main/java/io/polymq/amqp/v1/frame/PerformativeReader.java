package io.polymq.amqp.v1.frame;

import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.ValueReader;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads performatives, delivery states and termini out of arrays. One thread. */
public final class PerformativeReader {

    private static final long MOST_CHANNELS = 65_535;
    private static final long UINT_MAX = 0xFFFF_FFFFL;

    private final ValueReader values = new ValueReader();
    private final DispositionReader dispositions = new DispositionReader();

    /**
     * @throws FrameException when it is none
     */
    public Performative read(byte[] bytes, int offset, int length) {
        Performative.Disposition usual = dispositions.read(bytes, offset, length);
        return usual != null ? usual : readAny(bytes, offset, length);
    }

    /** The same, without the quick way. */
    Performative readAny(byte[] bytes, int offset, int length) {
        Described composite = composite(bytes, offset, length);
        return switch (Descriptors.of(composite.descriptor())) {
            case Descriptors.OPEN -> open(Fields.of("open", composite.value()));
            case Descriptors.BEGIN -> begin(Fields.of("begin", composite.value()));
            case Descriptors.ATTACH -> attach(Fields.of("attach", composite.value()));
            case Descriptors.FLOW -> flow(Fields.of("flow", composite.value()));
            case Descriptors.DISPOSITION ->
                    disposition(Fields.of("disposition", composite.value()));
            case Descriptors.DETACH -> detach(Fields.of("detach", composite.value()));
            case Descriptors.END ->
                    new Performative.End(error(Fields.of("end", composite.value()).described(0)));
            case Descriptors.CLOSE ->
                    new Performative.Close(
                            error(Fields.of("close", composite.value()).described(0)));
            default -> throw Fields.fault("a frame without a performative");
        };
    }

    /**
     * @throws FrameException when it is no frame of the security layer
     */
    public SaslFrame readSasl(byte[] bytes, int offset, int length) {
        Described composite = composite(bytes, offset, length);
        Fields fields = Fields.of("SASL frame", composite.value());
        return switch (Descriptors.of(composite.descriptor())) {
            case Descriptors.SASL_MECHANISMS -> new SaslFrame.Mechanisms(fields.symbols(0));
            case Descriptors.SASL_INIT ->
                    new SaslFrame.Init(fields.requiredSymbol(0), fields.bytes(1), fields.text(2));
            case Descriptors.SASL_CHALLENGE -> new SaslFrame.Challenge(fields.requiredBytes(0));
            case Descriptors.SASL_RESPONSE -> new SaslFrame.Response(fields.requiredBytes(0));
            case Descriptors.SASL_OUTCOME ->
                    new SaslFrame.Outcome((int) fields.requiredNumber(0), fields.bytes(1));
            default -> throw Fields.fault("no frame of SASL");
        };
    }

    private Described composite(byte[] bytes, int offset, int length) {
        try {
            if (values.over(bytes, offset, length).read() instanceof Described composite) {
                return composite;
            }
        } catch (DecodeException e) {
            throw Fields.fault(String.valueOf(e.getMessage()));
        }
        throw Fields.fault("a frame without a performative");
    }

    private static Performative.Open open(Fields fields) {
        return new Performative.Open(
                fields.requiredText(0),
                fields.text(1),
                fields.number(2, UINT_MAX),
                (int) Math.min(fields.number(3, MOST_CHANNELS), MOST_CHANNELS),
                fields.number(4, 0),
                fields.symbols(7),
                fields.symbols(8),
                fields.map(9));
    }

    private static Performative.Begin begin(Fields fields) {
        return new Performative.Begin(
                fields.number(0, Performative.ABSENT),
                fields.requiredNumber(1),
                fields.requiredNumber(2),
                fields.requiredNumber(3),
                fields.number(4, UINT_MAX),
                fields.symbols(5),
                fields.symbols(6),
                fields.map(7));
    }

    private static Performative.Attach attach(Fields fields) {
        if (!fields.has(2)) {
            throw fields.missing(2);
        }
        Terminus source = terminus(fields.described(5));
        if (source != null && !(source instanceof Terminus.Source)) {
            throw FrameException.connection(
                    Condition.INVALID_FIELD, "the source of a link is a target");
        }
        return new Performative.Attach(
                fields.requiredText(0),
                fields.requiredNumber(1),
                fields.flag(2, false),
                (int) fields.number(3, 2),
                (int) fields.number(4, 0),
                (Terminus.Source) source,
                terminus(fields.described(6)),
                fields.hasEntries(7) || fields.flag(8, false),
                fields.number(9, Performative.ABSENT),
                fields.number(10, 0),
                fields.symbols(11),
                fields.symbols(12),
                fields.map(13));
    }

    private static Performative.Flow flow(Fields fields) {
        return new Performative.Flow(
                fields.number(0, Performative.ABSENT),
                fields.requiredNumber(1),
                fields.requiredNumber(2),
                fields.requiredNumber(3),
                fields.number(4, Performative.ABSENT),
                fields.number(5, Performative.ABSENT),
                fields.number(6, Performative.ABSENT),
                fields.number(7, 0),
                fields.flag(8, false),
                fields.flag(9, false));
    }

    private static Performative.Disposition disposition(Fields fields) {
        if (!fields.has(0)) {
            throw fields.missing(0);
        }
        int first = (int) fields.requiredNumber(1);
        return new Performative.Disposition(
                fields.flag(0, false),
                first,
                fields.has(2) ? (int) fields.number(2, 0) : first,
                fields.flag(3, false),
                state(fields.described(4)));
    }

    private static Performative.Detach detach(Fields fields) {
        return new Performative.Detach(
                fields.requiredNumber(0), fields.flag(1, false), error(fields.described(2)));
    }

    private static @Nullable ErrorInfo error(@Nullable Described value) {
        if (value == null || Descriptors.of(value.descriptor()) != Descriptors.ERROR) {
            return null;
        }
        Fields fields = Fields.of("error", value.value());
        return new ErrorInfo(fields.requiredSymbol(0), fields.text(1), fields.map(2));
    }

    private static @Nullable Terminus terminus(@Nullable Described value) {
        if (value == null) {
            return null;
        }
        return switch (Descriptors.of(value.descriptor())) {
            case Descriptors.SOURCE -> source(Fields.of("source", value.value()));
            case Descriptors.TARGET -> target(Fields.of("target", value.value()));
            case Descriptors.COORDINATOR ->
                    new Terminus.Coordinator(Fields.of("coordinator", value.value()).symbols(0));
            default ->
                    throw FrameException.session(
                            Condition.NOT_IMPLEMENTED, "a terminus of an unknown kind");
        };
    }

    private static Terminus.Source source(Fields fields) {
        DeliveryState outcome = state(fields.described(8));
        return new Terminus.Source(
                fields.text(0),
                (int) fields.number(1, 0),
                expiry(fields.symbol(2)),
                fields.number(3, 0),
                fields.flag(4, false),
                fields.map(5),
                fields.symbol(6),
                fields.map(7),
                outcome instanceof DeliveryState.Outcome standard ? standard : null,
                fields.symbols(9),
                fields.symbols(10));
    }

    private static Terminus.Target target(Fields fields) {
        return new Terminus.Target(
                fields.text(0),
                (int) fields.number(1, 0),
                expiry(fields.symbol(2)),
                fields.number(3, 0),
                fields.flag(4, false),
                fields.map(5),
                fields.symbols(6));
    }

    private static String expiry(@Nullable String policy) {
        return policy == null ? Terminus.EXPIRY_SESSION : policy;
    }

    /** Null when it is none that has a meaning here. */
    public DeliveryState.@Nullable Outcome readOutcome(@Nullable Described value) {
        return state(value) instanceof DeliveryState.Outcome outcome ? outcome : null;
    }

    static @Nullable DeliveryState state(@Nullable Described value) {
        if (value == null) {
            return null;
        }
        int code = Descriptors.of(value.descriptor());
        Fields fields = Fields.of("delivery state", value.value());
        return switch (code) {
            case Descriptors.ACCEPTED -> DeliveryState.ACCEPTED;
            case Descriptors.RELEASED -> DeliveryState.RELEASED;
            case Descriptors.REJECTED -> new DeliveryState.Rejected(error(fields.described(0)));
            case Descriptors.MODIFIED ->
                    new DeliveryState.Modified(
                            fields.flag(0, false), fields.flag(1, false), annotations(fields));
            case Descriptors.RECEIVED ->
                    new DeliveryState.Received(fields.number(0, 0), fields.number(1, 0));
            case Descriptors.DECLARED -> new DeliveryState.Declared(fields.requiredBytes(0));
            case Descriptors.TRANSACTIONAL ->
                    new DeliveryState.Transactional(
                            fields.requiredBytes(0),
                            state(fields.described(1)) instanceof DeliveryState.Outcome outcome
                                    ? outcome
                                    : null);
            default -> throw Fields.fault("an unknown delivery state");
        };
    }

    private static Map<Symbol, @Nullable Object> annotations(Fields fields) {
        return fields.map(2);
    }
}
