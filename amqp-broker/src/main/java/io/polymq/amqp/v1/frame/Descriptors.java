package io.polymq.amqp.v1.frame;

import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What composites are called in frames: a number, or, which nobody does but all may, a name. */
final class Descriptors {

    static final int OPEN = 0x10;
    static final int BEGIN = 0x11;
    static final int ATTACH = 0x12;
    static final int FLOW = 0x13;
    static final int TRANSFER = 0x14;
    static final int DISPOSITION = 0x15;
    static final int DETACH = 0x16;
    static final int END = 0x17;
    static final int CLOSE = 0x18;
    static final int ERROR = 0x1D;
    static final int RECEIVED = 0x23;
    static final int ACCEPTED = 0x24;
    static final int REJECTED = 0x25;
    static final int RELEASED = 0x26;
    static final int MODIFIED = 0x27;
    static final int SOURCE = 0x28;
    static final int TARGET = 0x29;
    static final int COORDINATOR = 0x30;
    static final int DECLARED = 0x33;
    static final int TRANSACTIONAL = 0x34;
    static final int SASL_MECHANISMS = 0x40;
    static final int SASL_INIT = 0x41;
    static final int SASL_CHALLENGE = 0x42;
    static final int SASL_RESPONSE = 0x43;
    static final int SASL_OUTCOME = 0x44;

    private static final Map<String, Integer> NAMES =
            Map.ofEntries(
                    Map.entry("amqp:open:list", OPEN),
                    Map.entry("amqp:begin:list", BEGIN),
                    Map.entry("amqp:attach:list", ATTACH),
                    Map.entry("amqp:flow:list", FLOW),
                    Map.entry("amqp:transfer:list", TRANSFER),
                    Map.entry("amqp:disposition:list", DISPOSITION),
                    Map.entry("amqp:detach:list", DETACH),
                    Map.entry("amqp:end:list", END),
                    Map.entry("amqp:close:list", CLOSE),
                    Map.entry("amqp:error:list", ERROR),
                    Map.entry("amqp:received:list", RECEIVED),
                    Map.entry("amqp:accepted:list", ACCEPTED),
                    Map.entry("amqp:rejected:list", REJECTED),
                    Map.entry("amqp:released:list", RELEASED),
                    Map.entry("amqp:modified:list", MODIFIED),
                    Map.entry("amqp:source:list", SOURCE),
                    Map.entry("amqp:target:list", TARGET),
                    Map.entry("amqp:coordinator:list", COORDINATOR),
                    Map.entry("amqp:declared:list", DECLARED),
                    Map.entry("amqp:transactional-state:list", TRANSACTIONAL),
                    Map.entry("amqp:sasl-mechanisms:list", SASL_MECHANISMS),
                    Map.entry("amqp:sasl-init:list", SASL_INIT),
                    Map.entry("amqp:sasl-challenge:list", SASL_CHALLENGE),
                    Map.entry("amqp:sasl-response:list", SASL_RESPONSE),
                    Map.entry("amqp:sasl-outcome:list", SASL_OUTCOME));

    private Descriptors() {}

    /** -1 when it is none of these. */
    static int of(@Nullable Object descriptor) {
        return switch (descriptor) {
            case Unsigned number when number.value() >= 0 && number.value() < 256 ->
                    (int) number.value();
            case Symbol name -> NAMES.getOrDefault(name.text(), -1);
            case null, default -> -1;
        };
    }
}
