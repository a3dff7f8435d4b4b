package io.polymq.codec.amqp;

import org.jspecify.annotations.Nullable;

/** The methods of class channel (20). */
public sealed interface ChannelMethod extends Method {

    int CLASS_ID = 20;

    @Override
    default int classId() {
        return CLASS_ID;
    }

    /** The method of that number, or null when there is none. */
    static @Nullable ChannelMethod read(int methodId, AmqpReader in) {
        return switch (methodId) {
            case 10 -> new Open(in.shortString());
            case 11 -> new OpenOk(in.longString());
            case 20 -> new Flow(in.bit());
            case 21 -> new FlowOk(in.bit());
            case 40 -> new Close(in.shortInt(), in.shortString(), in.shortInt(), in.shortInt());
            case 41 -> new CloseOk();
            default -> null;
        };
    }

    record Open(String reserved1) implements ChannelMethod {
        @Override
        public int methodId() {
            return 10;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(reserved1);
        }
    }

    record OpenOk(byte[] reserved1) implements ChannelMethod {
        @Override
        public int methodId() {
            return 11;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longString(reserved1);
        }
    }

    record Flow(boolean active) implements ChannelMethod {
        @Override
        public int methodId() {
            return 20;
        }

        @Override
        public void write(AmqpWriter out) {
            out.bit(active);
        }
    }

    record FlowOk(boolean active) implements ChannelMethod {
        @Override
        public int methodId() {
            return 21;
        }

        @Override
        public void write(AmqpWriter out) {
            out.bit(active);
        }
    }

    record Close(int replyCode, String replyText, int failedClass, int failedMethod)
            implements ChannelMethod {
        @Override
        public int methodId() {
            return 40;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(replyCode)
                    .shortString(replyText)
                    .shortInt(failedClass)
                    .shortInt(failedMethod);
        }
    }

    record CloseOk() implements ChannelMethod {
        @Override
        public int methodId() {
            return 41;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }
}
