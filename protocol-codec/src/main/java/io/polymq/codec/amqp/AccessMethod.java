package io.polymq.codec.amqp;

import org.jspecify.annotations.Nullable;

/** The methods of class access (30). */
public sealed interface AccessMethod extends Method {

    int CLASS_ID = 30;

    @Override
    default int classId() {
        return CLASS_ID;
    }

    /** The method of that number, or null when there is none. */
    static @Nullable AccessMethod read(int methodId, AmqpReader in) {
        return switch (methodId) {
            case 10 ->
                    new Request(in.shortString(), in.bit(), in.bit(), in.bit(), in.bit(), in.bit());
            case 11 -> new RequestOk(in.shortInt());
            default -> null;
        };
    }

    record Request(
            String realm,
            boolean exclusive,
            boolean passive,
            boolean active,
            boolean write,
            boolean read)
            implements AccessMethod {
        @Override
        public int methodId() {
            return 10;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(realm).bit(exclusive).bit(passive).bit(active).bit(write).bit(read);
        }
    }

    record RequestOk(int ticket) implements AccessMethod {
        @Override
        public int methodId() {
            return 11;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket);
        }
    }
}
