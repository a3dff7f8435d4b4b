package io.polymq.mq9;

import io.polymq.core.service.BrokerEvent;
import io.polymq.core.subject.Subject;
import java.util.List;

/**
 * Mail that comes by itself: a standing fetch whose mails are published to a subject of the
 * reader's, a message each, under a lease. It ends when nobody listens there. Shard zone.
 */
final class PushSubscription implements Poll.Taker {

    private final LiveMailbox mailbox;
    private final MailGroup group;
    private final String id;
    private final Subject to;
    private final int window;
    private final long leaseMillis;
    private final Mail.Encoding encoding;
    private final BrokerEvent.Client reader;
    private int outstanding;
    private boolean asking;
    private boolean active = true;

    PushSubscription(
            LiveMailbox mailbox,
            MailGroup group,
            String id,
            Subject to,
            int window,
            long leaseMillis,
            Mail.Encoding encoding,
            BrokerEvent.Client reader) {
        this.reader = reader;
        this.mailbox = mailbox;
        this.group = group;
        this.id = id;
        this.to = to;
        this.window = window;
        this.leaseMillis = leaseMillis;
        this.encoding = encoding;
    }

    String id() {
        return id;
    }

    String address() {
        return mailbox.mailbox().address();
    }

    String group() {
        return group.name();
    }

    /** Who asked for it, as events say. */
    BrokerEvent.Client reader() {
        return reader;
    }

    boolean isActive() {
        return active;
    }

    /** Asks for as much as the reader may hold. */
    void pump() {
        if (active && !asking && outstanding < window) {
            asking = true;
            group.poll(
                    new Poll.Wish(window - outstanding, Poll.FOR_EVER, leaseMillis, null, this),
                    this);
        }
    }

    @Override
    public int take(List<Mail> mails) {
        asking = false;
        int taken = 0;
        for (Mail mail : mails) {
            byte[] json = Replies.ok(fields -> MailJson.pushed(fields, id, mail, encoding));
            if (!active || mailbox.zone().publish(mailbox.space(), to, json) == 0) {
                mailbox.subscriptions().end(this);
                break;
            }
            taken++;
            mailbox.parts().handedOut(mailbox.mailbox(), List.of(mail));
        }
        outstanding += taken;
        return taken;
    }

    @Override
    public void failed(String error) {
        asking = false;
        mailbox.subscriptions().end(this);
    }

    /** One of its mails is settled. */
    void settled() {
        outstanding--;
        pump();
    }

    /** None of its mails can be settled any more. */
    void forgotten() {
        outstanding = 0;
        pump();
    }

    void end() {
        if (active) {
            active = false;
            group.withdraw(this);
        }
    }
}
