package io.polymq.codec.amqp;

import org.jspecify.annotations.Nullable;

/** The methods of class confirm (85). */
public sealed interface ConfirmMethod extends Method {

    int CLASS_ID = 85;

    @Override
    default int classId() {
        return CLASS_ID;
    }

    /** The method of that number, or null when there is none. */
    static @Nullable ConfirmMethod read(int methodId, AmqpReader in) {
        return switch (methodId) {
            case 10 -> new Select(in.bit());
            case 11 -> new SelectOk();
            default -> null;
        };
    }

    record Select(boolean noWait) implements ConfirmMethod {
        @Override
        public int methodId() {
            return 10;
        }

        @Override
        public void write(AmqpWriter out) {
            out.bit(noWait);
        }
    }

    record SelectOk() implements ConfirmMethod {
        @Override
        public int methodId() {
            return 11;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }
}
