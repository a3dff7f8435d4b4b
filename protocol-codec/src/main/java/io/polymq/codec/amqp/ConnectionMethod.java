package io.polymq.codec.amqp;

import org.jspecify.annotations.Nullable;

/** The methods of class connection (10). */
public sealed interface ConnectionMethod extends Method {

    int CLASS_ID = 10;

    @Override
    default int classId() {
        return CLASS_ID;
    }

    /** The method of that number, or null when there is none. */
    static @Nullable ConnectionMethod read(int methodId, AmqpReader in) {
        return switch (methodId) {
            case 10 ->
                    new Start(in.octet(), in.octet(), in.table(), in.longString(), in.longString());
            case 11 -> new StartOk(in.table(), in.shortString(), in.longString(), in.shortString());
            case 20 -> new Secure(in.longString());
            case 21 -> new SecureOk(in.longString());
            case 30 -> new Tune(in.shortInt(), in.unsignedLongInt(), in.shortInt());
            case 31 -> new TuneOk(in.shortInt(), in.unsignedLongInt(), in.shortInt());
            case 40 -> new Open(in.shortString(), in.shortString(), in.bit());
            case 41 -> new OpenOk(in.shortString());
            case 50 -> new Close(in.shortInt(), in.shortString(), in.shortInt(), in.shortInt());
            case 51 -> new CloseOk();
            case 60 -> new Blocked(in.shortString());
            case 61 -> new Unblocked();
            case 70 -> new UpdateSecret(in.longString(), in.shortString());
            case 71 -> new UpdateSecretOk();
            default -> null;
        };
    }

    record Start(
            int versionMajor,
            int versionMinor,
            FieldTable serverProperties,
            byte[] mechanisms,
            byte[] locales)
            implements ConnectionMethod {
        @Override
        public int methodId() {
            return 10;
        }

        @Override
        public void write(AmqpWriter out) {
            out.octet(versionMajor)
                    .octet(versionMinor)
                    .table(serverProperties)
                    .longString(mechanisms)
                    .longString(locales);
        }
    }

    record StartOk(FieldTable clientProperties, String mechanism, byte[] response, String locale)
            implements ConnectionMethod {
        @Override
        public int methodId() {
            return 11;
        }

        @Override
        public void write(AmqpWriter out) {
            out.table(clientProperties)
                    .shortString(mechanism)
                    .longString(response)
                    .shortString(locale);
        }
    }

    record Secure(byte[] challenge) implements ConnectionMethod {
        @Override
        public int methodId() {
            return 20;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longString(challenge);
        }
    }

    record SecureOk(byte[] response) implements ConnectionMethod {
        @Override
        public int methodId() {
            return 21;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longString(response);
        }
    }

    record Tune(int channelMax, long frameMax, int heartbeat) implements ConnectionMethod {
        @Override
        public int methodId() {
            return 30;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(channelMax).longInt(frameMax).shortInt(heartbeat);
        }
    }

    record TuneOk(int channelMax, long frameMax, int heartbeat) implements ConnectionMethod {
        @Override
        public int methodId() {
            return 31;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(channelMax).longInt(frameMax).shortInt(heartbeat);
        }
    }

    record Open(String virtualHost, String reserved1, boolean reserved2)
            implements ConnectionMethod {
        @Override
        public int methodId() {
            return 40;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(virtualHost).shortString(reserved1).bit(reserved2);
        }
    }

    record OpenOk(String reserved1) implements ConnectionMethod {
        @Override
        public int methodId() {
            return 41;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(reserved1);
        }
    }

    record Close(int replyCode, String replyText, int failedClass, int failedMethod)
            implements ConnectionMethod {
        @Override
        public int methodId() {
            return 50;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(replyCode)
                    .shortString(replyText)
                    .shortInt(failedClass)
                    .shortInt(failedMethod);
        }
    }

    record CloseOk() implements ConnectionMethod {
        @Override
        public int methodId() {
            return 51;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Blocked(String reason) implements ConnectionMethod {
        @Override
        public int methodId() {
            return 60;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(reason);
        }
    }

    record Unblocked() implements ConnectionMethod {
        @Override
        public int methodId() {
            return 61;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record UpdateSecret(byte[] newSecret, String reason) implements ConnectionMethod {
        @Override
        public int methodId() {
            return 70;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longString(newSecret).shortString(reason);
        }
    }

    record UpdateSecretOk() implements ConnectionMethod {
        @Override
        public int methodId() {
            return 71;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }
}
