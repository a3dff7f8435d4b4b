package io.polymq.codec.amqp;

import org.jspecify.annotations.Nullable;

/** The methods of class exchange (40). */
public sealed interface ExchangeMethod extends Method {

    int CLASS_ID = 40;

    @Override
    default int classId() {
        return CLASS_ID;
    }

    /** The method of that number, or null when there is none. */
    static @Nullable ExchangeMethod read(int methodId, AmqpReader in) {
        return switch (methodId) {
            case 10 ->
                    new Declare(
                            in.shortInt(),
                            in.shortString(),
                            in.shortString(),
                            in.bit(),
                            in.bit(),
                            in.bit(),
                            in.bit(),
                            in.bit(),
                            in.table());
            case 11 -> new DeclareOk();
            case 20 -> new Delete(in.shortInt(), in.shortString(), in.bit(), in.bit());
            case 21 -> new DeleteOk();
            case 30 ->
                    new Bind(
                            in.shortInt(),
                            in.shortString(),
                            in.shortString(),
                            in.shortString(),
                            in.bit(),
                            in.table());
            case 31 -> new BindOk();
            case 40 ->
                    new Unbind(
                            in.shortInt(),
                            in.shortString(),
                            in.shortString(),
                            in.shortString(),
                            in.bit(),
                            in.table());
            case 51 -> new UnbindOk();
            default -> null;
        };
    }

    record Declare(
            int ticket,
            String exchange,
            String type,
            boolean passive,
            boolean durable,
            boolean autoDelete,
            boolean internal,
            boolean noWait,
            FieldTable arguments)
            implements ExchangeMethod {
        @Override
        public int methodId() {
            return 10;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket)
                    .shortString(exchange)
                    .shortString(type)
                    .bit(passive)
                    .bit(durable)
                    .bit(autoDelete)
                    .bit(internal)
                    .bit(noWait)
                    .table(arguments);
        }
    }

    record DeclareOk() implements ExchangeMethod {
        @Override
        public int methodId() {
            return 11;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Delete(int ticket, String exchange, boolean ifUnused, boolean noWait)
            implements ExchangeMethod {
        @Override
        public int methodId() {
            return 20;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket).shortString(exchange).bit(ifUnused).bit(noWait);
        }
    }

    record DeleteOk() implements ExchangeMethod {
        @Override
        public int methodId() {
            return 21;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Bind(
            int ticket,
            String destination,
            String source,
            String routingKey,
            boolean noWait,
            FieldTable arguments)
            implements ExchangeMethod {
        @Override
        public int methodId() {
            return 30;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket)
                    .shortString(destination)
                    .shortString(source)
                    .shortString(routingKey)
                    .bit(noWait)
                    .table(arguments);
        }
    }

    record BindOk() implements ExchangeMethod {
        @Override
        public int methodId() {
            return 31;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Unbind(
            int ticket,
            String destination,
            String source,
            String routingKey,
            boolean noWait,
            FieldTable arguments)
            implements ExchangeMethod {
        @Override
        public int methodId() {
            return 40;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket)
                    .shortString(destination)
                    .shortString(source)
                    .shortString(routingKey)
                    .bit(noWait)
                    .table(arguments);
        }
    }

    record UnbindOk() implements ExchangeMethod {
        @Override
        public int methodId() {
            return 51;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }
}
