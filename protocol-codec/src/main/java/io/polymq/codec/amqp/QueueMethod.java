package io.polymq.codec.amqp;

import org.jspecify.annotations.Nullable;

/** The methods of class queue (50). */
public sealed interface QueueMethod extends Method {

    int CLASS_ID = 50;

    @Override
    default int classId() {
        return CLASS_ID;
    }

    /** The method of that number, or null when there is none. */
    static @Nullable QueueMethod read(int methodId, AmqpReader in) {
        return switch (methodId) {
            case 10 ->
                    new Declare(
                            in.shortInt(),
                            in.shortString(),
                            in.bit(),
                            in.bit(),
                            in.bit(),
                            in.bit(),
                            in.bit(),
                            in.table());
            case 11 -> new DeclareOk(in.shortString(), in.unsignedLongInt(), in.unsignedLongInt());
            case 20 ->
                    new Bind(
                            in.shortInt(),
                            in.shortString(),
                            in.shortString(),
                            in.shortString(),
                            in.bit(),
                            in.table());
            case 21 -> new BindOk();
            case 30 -> new Purge(in.shortInt(), in.shortString(), in.bit());
            case 31 -> new PurgeOk(in.unsignedLongInt());
            case 40 -> new Delete(in.shortInt(), in.shortString(), in.bit(), in.bit(), in.bit());
            case 41 -> new DeleteOk(in.unsignedLongInt());
            case 50 ->
                    new Unbind(
                            in.shortInt(),
                            in.shortString(),
                            in.shortString(),
                            in.shortString(),
                            in.table());
            case 51 -> new UnbindOk();
            default -> null;
        };
    }

    record Declare(
            int ticket,
            String queue,
            boolean passive,
            boolean durable,
            boolean exclusive,
            boolean autoDelete,
            boolean noWait,
            FieldTable arguments)
            implements QueueMethod {
        @Override
        public int methodId() {
            return 10;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket)
                    .shortString(queue)
                    .bit(passive)
                    .bit(durable)
                    .bit(exclusive)
                    .bit(autoDelete)
                    .bit(noWait)
                    .table(arguments);
        }
    }

    record DeclareOk(String queue, long messageCount, long consumerCount) implements QueueMethod {
        @Override
        public int methodId() {
            return 11;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(queue).longInt(messageCount).longInt(consumerCount);
        }
    }

    record Bind(
            int ticket,
            String queue,
            String exchange,
            String routingKey,
            boolean noWait,
            FieldTable arguments)
            implements QueueMethod {
        @Override
        public int methodId() {
            return 20;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket)
                    .shortString(queue)
                    .shortString(exchange)
                    .shortString(routingKey)
                    .bit(noWait)
                    .table(arguments);
        }
    }

    record BindOk() implements QueueMethod {
        @Override
        public int methodId() {
            return 21;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Purge(int ticket, String queue, boolean noWait) implements QueueMethod {
        @Override
        public int methodId() {
            return 30;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket).shortString(queue).bit(noWait);
        }
    }

    record PurgeOk(long messageCount) implements QueueMethod {
        @Override
        public int methodId() {
            return 31;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longInt(messageCount);
        }
    }

    record Delete(int ticket, String queue, boolean ifUnused, boolean ifEmpty, boolean noWait)
            implements QueueMethod {
        @Override
        public int methodId() {
            return 40;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket).shortString(queue).bit(ifUnused).bit(ifEmpty).bit(noWait);
        }
    }

    record DeleteOk(long messageCount) implements QueueMethod {
        @Override
        public int methodId() {
            return 41;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longInt(messageCount);
        }
    }

    record Unbind(
            int ticket, String queue, String exchange, String routingKey, FieldTable arguments)
            implements QueueMethod {
        @Override
        public int methodId() {
            return 50;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket)
                    .shortString(queue)
                    .shortString(exchange)
                    .shortString(routingKey)
                    .table(arguments);
        }
    }

    record UnbindOk() implements QueueMethod {
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
