package io.polymq.nats.account;

/** How a login ended. */
public sealed interface Admission {

    record Admitted(NatsUser user) implements Admission {}

    /**
     * @param detail for the log
     */
    record Refused(String detail) implements Admission {}
}
