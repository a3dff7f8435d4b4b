package io.polymq.mq9;

import io.polymq.core.message.Message;
import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.trace.MessageTracer;
import java.util.List;

/** What the parts of this broker share. Immutable; any thread. */
record Mq9Parts(
        Mq9BrokerServerParams core, Mailboxes mailboxes, MailZones zones, Mq9Metrics metrics) {

    Mq9Settings settings() {
        return core.settings();
    }

    /** Tells the tracer of mails that a reader was given. */
    void handedOut(Mailbox mailbox, List<Mail> mails) {
        MessageTracer tracer = core.router().tracer();
        if (!tracer.isOn()) {
            return;
        }
        for (Mail mail : mails) {
            tracer.delivered(
                    mailbox.tenant(),
                    mail.message().lendTo(new Message()),
                    new MessageTracer.Receiver(
                            MessageTracer.Kind.QUEUE, mailbox.address(), 0, mail.createdAt()));
        }
    }

    /** A reader has mail sent to it from now on, or no longer has. */
    void tellSubscribed(PushSubscription subscription, boolean now) {
        BrokerEvents events = core.events();
        if (events.isHeard()) {
            long at = core.clock().millis();
            String address = subscription.address();
            String group = subscription.group();
            BrokerEvent.Client client = subscription.reader();
            events.tell(
                    now
                            ? new BrokerEvent.Subscribed(at, client, address, group)
                            : new BrokerEvent.Unsubscribed(at, client, address, group));
        }
    }
}
