package io.polymq.kafka.produce;

/**
 * The right to append to one transaction, given by its coordinator and withdrawn before the
 * transaction's markers are written: a batch that comes late cannot begin what nobody would end.
 * Any thread.
 */
public final class TransactionTicket {

    private volatile boolean open = true;

    public boolean isOpen() {
        return open;
    }

    /** The transaction ends. Whoever was let in before is in the log before the marker. */
    public void withdraw() {
        open = false;
    }
}
