package io.polymq.amqp.v1;

/** What one connection may have. */
final class Limits {

    /** The highest handle on a session. */
    static final int HANDLE_MAX = 1023;

    /** Links on all sessions of a connection. */
    static final int LINKS = 8192;

    /** Transfers that a session may send before it is told of more room. */
    static final int INCOMING_WINDOW = 2048;

    /** Deliveries that a link may send before they are settled. */
    static final int LINK_CREDIT = 1000;

    /** Transactions that a coordinator link has open. */
    static final int TRANSACTIONS = 64;

    /** Bytes that one transaction holds. */
    static final long TRANSACTION_BYTES = 256L << 20;

    private Limits() {}
}
