package io.polymq.codec.amqp;

/** A method: a class number, a method number, and arguments. */
public sealed interface Method
        permits ConnectionMethod,
                ChannelMethod,
                AccessMethod,
                ExchangeMethod,
                QueueMethod,
                BasicMethod,
                ConfirmMethod,
                TxMethod {

    int classId();

    int methodId();

    /** Writes the arguments; the caller flushes the bits at the end. */
    void write(AmqpWriter out);

    /** Whether a content header and body follow. */
    default boolean hasContent() {
        return switch (this) {
            case BasicMethod.Publish publish -> true;
            case BasicMethod.Return returned -> true;
            case BasicMethod.Deliver deliver -> true;
            case BasicMethod.GetOk got -> true;
            default -> false;
        };
    }
}
