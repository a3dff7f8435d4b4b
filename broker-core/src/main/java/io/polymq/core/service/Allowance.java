package io.polymq.core.service;

import io.polymq.storage.StorageException;
import java.util.concurrent.atomic.LongAdder;

/**
 * Whether a tenant may store more, as of the last time that what it stores was added up. Whoever
 * appends for it keeps this one and asks before each append: a look at a field. Any thread.
 */
public final class Allowance {

    private final String tenant;
    private final LongAdder refused = new LongAdder();
    private volatile boolean used;

    Allowance(String tenant) {
        this.tenant = tenant;
    }

    /** One that nothing uses up: of what is not a tenant's. */
    public static Allowance unlimited() {
        return new Allowance("");
    }

    public boolean isUsed() {
        return used;
    }

    /** Used up, or not any more. */
    void used(boolean now) {
        used = now;
    }

    /** Why an append is refused; counts it. */
    public StorageException refusal() {
        refused.increment();
        return new StorageException(StorageException.Kind.QUOTA, reason());
    }

    public String reason() {
        return "the tenant " + tenant + " has its quota of stored bytes";
    }

    /** How many appends were refused. */
    long refused() {
        return refused.sum();
    }
}
