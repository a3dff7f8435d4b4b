package io.polymq.nats.jetstream.stream;

/** A consumer, as its stream knows it. Shard zone. */
public interface Reader {

    /** A message was added; it cannot be read before {@link #signal}. */
    void stored(SubjectEntry subject, long sequence);

    /** A message is gone. */
    void removed(SubjectEntry subject, long sequence);

    /** Nothing before this sequence is there any more. */
    void purged(long first);

    /** There may be something to do. */
    void signal();

    /** Whether the subject is one of those it wants. */
    boolean wants(SubjectEntry subject);

    /** Whether it still has to get or to acknowledge the message. */
    boolean needs(SubjectEntry subject, long sequence);
}
