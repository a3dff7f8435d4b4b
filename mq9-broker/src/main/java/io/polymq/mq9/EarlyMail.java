package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Capture;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the topics of mailboxes that have none yet: what other protocols publish to such a
 * mailbox has its topic made, and is kept there. One for each tenant that has mailboxes. Called on
 * the publisher's thread; goes on in the mailbox's zone.
 */
final class EarlyMail implements Capture {

    private final Mq9Parts parts;
    private final String tenant;

    EarlyMail(Mq9Parts parts, String tenant) {
        this.parts = parts;
        this.tenant = tenant;
    }

    /** From now on, for good. */
    static void begin(Mq9Parts parts, String tenant) {
        parts.core()
                .router()
                .space(tenant)
                .subscribe(everyMailbox(), null, false, new EarlyMail(parts, tenant));
    }

    private static Filter everyMailbox() {
        try {
            return Dialect.NATS.parse(MailAddress.TOPIC_PREFIX + '>');
        } catch (InvalidSubjectException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public boolean isStandIn() {
        return true;
    }

    /** Behind every topic. */
    @Override
    public long rank() {
        return Long.MAX_VALUE;
    }

    @Override
    public int capture(Message message, Fanout live) {
        int taken = deliver(message) ? 1 : 0;
        return taken + live.deliver(message);
    }

    @Override
    public boolean deliver(Message message) {
        String address = message.subject().toString().substring(MailAddress.TOPIC_PREFIX.length());
        Mailbox mailbox = parts.mailboxes().find(tenant, address);
        if (mailbox == null) {
            return false;
        }
        Receipt receipt = message.receipt();
        if (receipt != null) {
            receipt.expect();
        }
        MailZone zone = parts.zones().of(mailbox.key());
        KeptMessage mail = message.keep();
        if (!zone.admit(mail.size())) {
            settle(receipt, Commands.overloaded());
            return false;
        }
        zone.execute(() -> keep(zone, mailbox, mail, receipt));
        return true;
    }

    private void keep(MailZone zone, Mailbox mailbox, KeptMessage mail, @Nullable Receipt receipt) {
        zone.withOrElse(
                parts,
                mailbox,
                open -> {
                    zone.release(mail.size());
                    open.keep(mail, receipt);
                },
                failure -> {
                    zone.release(mail.size());
                    settle(receipt, failure);
                });
    }

    private static void settle(@Nullable Receipt receipt, Throwable failure) {
        if (receipt != null) {
            receipt.done(failure);
        }
    }
}
