package io.polymq.nats.jetstream.stream;

import io.polymq.core.subject.Subject;

/** What a stream knows of one of its subjects. Shard zone. */
public final class SubjectEntry {

    final int id;
    final Subject subject;
    long count;
    long first;
    long last;

    SubjectEntry(int id, Subject subject) {
        this.id = id;
        this.subject = subject;
    }

    /** Small numbers, used again when a subject is gone. */
    public int id() {
        return id;
    }

    public Subject subject() {
        return subject;
    }

    public long count() {
        return count;
    }

    public long first() {
        return first;
    }

    public long last() {
        return last;
    }
}
