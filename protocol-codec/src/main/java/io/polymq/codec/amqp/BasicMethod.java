package io.polymq.codec.amqp;

import org.jspecify.annotations.Nullable;

/** The methods of class basic (60). */
public sealed interface BasicMethod extends Method {

    int CLASS_ID = 60;

    @Override
    default int classId() {
        return CLASS_ID;
    }

    /** The method of that number, or null when there is none. */
    static @Nullable BasicMethod read(int methodId, AmqpReader in) {
        return switch (methodId) {
            case 10 -> new Qos(in.unsignedLongInt(), in.shortInt(), in.bit());
            case 11 -> new QosOk();
            case 20 ->
                    new Consume(
                            in.shortInt(),
                            in.shortString(),
                            in.shortString(),
                            in.bit(),
                            in.bit(),
                            in.bit(),
                            in.bit(),
                            in.table());
            case 21 -> new ConsumeOk(in.shortString());
            case 30 -> new Cancel(in.shortString(), in.bit());
            case 31 -> new CancelOk(in.shortString());
            case 40 ->
                    new Publish(
                            in.shortInt(), in.shortString(), in.shortString(), in.bit(), in.bit());
            case 50 ->
                    new Return(in.shortInt(), in.shortString(), in.shortString(), in.shortString());
            case 60 ->
                    new Deliver(
                            in.shortString(),
                            in.longLong(),
                            in.bit(),
                            in.shortString(),
                            in.shortString());
            case 70 -> new Get(in.shortInt(), in.shortString(), in.bit());
            case 71 ->
                    new GetOk(
                            in.longLong(),
                            in.bit(),
                            in.shortString(),
                            in.shortString(),
                            in.unsignedLongInt());
            case 72 -> new GetEmpty(in.shortString());
            case 80 -> new Ack(in.longLong(), in.bit());
            case 90 -> new Reject(in.longLong(), in.bit());
            case 100 -> new RecoverAsync(in.bit());
            case 110 -> new Recover(in.bit());
            case 111 -> new RecoverOk();
            case 120 -> new Nack(in.longLong(), in.bit(), in.bit());
            default -> null;
        };
    }

    record Qos(long prefetchSize, int prefetchCount, boolean global) implements BasicMethod {
        @Override
        public int methodId() {
            return 10;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longInt(prefetchSize).shortInt(prefetchCount).bit(global);
        }
    }

    record QosOk() implements BasicMethod {
        @Override
        public int methodId() {
            return 11;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Consume(
            int ticket,
            String queue,
            String consumerTag,
            boolean noLocal,
            boolean noAck,
            boolean exclusive,
            boolean noWait,
            FieldTable arguments)
            implements BasicMethod {
        @Override
        public int methodId() {
            return 20;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket)
                    .shortString(queue)
                    .shortString(consumerTag)
                    .bit(noLocal)
                    .bit(noAck)
                    .bit(exclusive)
                    .bit(noWait)
                    .table(arguments);
        }
    }

    record ConsumeOk(String consumerTag) implements BasicMethod {
        @Override
        public int methodId() {
            return 21;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(consumerTag);
        }
    }

    record Cancel(String consumerTag, boolean noWait) implements BasicMethod {
        @Override
        public int methodId() {
            return 30;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(consumerTag).bit(noWait);
        }
    }

    record CancelOk(String consumerTag) implements BasicMethod {
        @Override
        public int methodId() {
            return 31;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(consumerTag);
        }
    }

    record Publish(
            int ticket, String exchange, String routingKey, boolean mandatory, boolean immediate)
            implements BasicMethod {
        @Override
        public int methodId() {
            return 40;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket)
                    .shortString(exchange)
                    .shortString(routingKey)
                    .bit(mandatory)
                    .bit(immediate);
        }
    }

    record Return(int replyCode, String replyText, String exchange, String routingKey)
            implements BasicMethod {
        @Override
        public int methodId() {
            return 50;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(replyCode)
                    .shortString(replyText)
                    .shortString(exchange)
                    .shortString(routingKey);
        }
    }

    record Deliver(
            String consumerTag,
            long deliveryTag,
            boolean redelivered,
            String exchange,
            String routingKey)
            implements BasicMethod {
        @Override
        public int methodId() {
            return 60;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(consumerTag)
                    .longLong(deliveryTag)
                    .bit(redelivered)
                    .shortString(exchange)
                    .shortString(routingKey);
        }
    }

    record Get(int ticket, String queue, boolean noAck) implements BasicMethod {
        @Override
        public int methodId() {
            return 70;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortInt(ticket).shortString(queue).bit(noAck);
        }
    }

    record GetOk(
            long deliveryTag,
            boolean redelivered,
            String exchange,
            String routingKey,
            long messageCount)
            implements BasicMethod {
        @Override
        public int methodId() {
            return 71;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longLong(deliveryTag)
                    .bit(redelivered)
                    .shortString(exchange)
                    .shortString(routingKey)
                    .longInt(messageCount);
        }
    }

    record GetEmpty(String reserved1) implements BasicMethod {
        @Override
        public int methodId() {
            return 72;
        }

        @Override
        public void write(AmqpWriter out) {
            out.shortString(reserved1);
        }
    }

    record Ack(long deliveryTag, boolean multiple) implements BasicMethod {
        @Override
        public int methodId() {
            return 80;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longLong(deliveryTag).bit(multiple);
        }
    }

    record Reject(long deliveryTag, boolean requeue) implements BasicMethod {
        @Override
        public int methodId() {
            return 90;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longLong(deliveryTag).bit(requeue);
        }
    }

    record RecoverAsync(boolean requeue) implements BasicMethod {
        @Override
        public int methodId() {
            return 100;
        }

        @Override
        public void write(AmqpWriter out) {
            out.bit(requeue);
        }
    }

    record Recover(boolean requeue) implements BasicMethod {
        @Override
        public int methodId() {
            return 110;
        }

        @Override
        public void write(AmqpWriter out) {
            out.bit(requeue);
        }
    }

    record RecoverOk() implements BasicMethod {
        @Override
        public int methodId() {
            return 111;
        }

        @Override
        public void write(AmqpWriter out) {
            // nothing but its number
        }
    }

    record Nack(long deliveryTag, boolean multiple, boolean requeue) implements BasicMethod {
        @Override
        public int methodId() {
            return 120;
        }

        @Override
        public void write(AmqpWriter out) {
            out.longLong(deliveryTag).bit(multiple).bit(requeue);
        }
    }
}
