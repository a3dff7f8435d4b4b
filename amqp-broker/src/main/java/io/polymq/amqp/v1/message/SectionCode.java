package io.polymq.amqp.v1.message;

import io.polymq.amqp.v1.type.DecodeException;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.amqp.v1.type.ValueReader;

/** The descriptors of a message's sections, in the order in which they stand. */
final class SectionCode {

    static final int HEADER = 0x70;
    static final int DELIVERY_ANNOTATIONS = 0x71;
    static final int MESSAGE_ANNOTATIONS = 0x72;
    static final int PROPERTIES = 0x73;
    static final int APPLICATION_PROPERTIES = 0x74;
    static final int DATA = 0x75;
    static final int SEQUENCE = 0x76;
    static final int VALUE = 0x77;
    static final int FOOTER = 0x78;

    private SectionCode() {}

    /**
     * Reads the descriptor of the section that begins here; the section's value follows.
     *
     * @throws DecodeException when none begins here
     */
    static int read(ValueReader in) {
        if (in.peek() != 0) {
            throw bad("a section begins with its descriptor");
        }
        in.skip(1);
        return switch (in.read()) {
            case Unsigned number when number.value() >= HEADER && number.value() <= FOOTER ->
                    (int) number.value();
            case Symbol name -> named(name.text());
            case null, default -> throw bad("a section that is unknown");
        };
    }

    private static int named(String name) {
        return switch (name) {
            case "amqp:header:list" -> HEADER;
            case "amqp:delivery-annotations:map" -> DELIVERY_ANNOTATIONS;
            case "amqp:message-annotations:map" -> MESSAGE_ANNOTATIONS;
            case "amqp:properties:list" -> PROPERTIES;
            case "amqp:application-properties:map" -> APPLICATION_PROPERTIES;
            case "amqp:data:binary" -> DATA;
            case "amqp:amqp-sequence:list" -> SEQUENCE;
            case "amqp:amqp-value:*" -> VALUE;
            case "amqp:footer:map" -> FOOTER;
            default -> throw bad("a section that is unknown");
        };
    }

    static DecodeException bad(String text) {
        return new DecodeException(DecodeException.Reason.BAD_SECTION, text);
    }
}
