package io.polymq.amqp.model;

/** What a queue was declared as. */
public record QueueDefinition(
        String name,
        Type type,
        boolean durable,
        boolean exclusive,
        boolean autoDelete,
        Arguments arguments) {

    /** The kinds of queues that clients choose among with {@code x-queue-type}. */
    public enum Type {
        CLASSIC("classic"),
        QUORUM("quorum"),
        STREAM("stream");

        private final String word;

        Type(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }
}
