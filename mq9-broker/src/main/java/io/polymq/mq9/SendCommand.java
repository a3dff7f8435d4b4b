package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Router;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** SEND, now or later. Called on the asker's thread; goes on in the mailbox's zone. */
final class SendCommand {

    private static final String KIND = "mq9";

    private final Mq9Parts parts;

    SendCommand(Mq9Parts parts) {
        this.parts = parts;
    }

    void send(Caller caller, String address, Message message, Function<MailZone, Reply> replies) {
        String tenant = caller.tenant();
        MailZone zone = parts.zones().of(Mailbox.key(tenant, address));
        Reply reply = replies.apply(zone);
        try {
            Mailbox mailbox = parts.mailboxes().find(tenant, address);
            if (mailbox == null) {
                throw new Mq9Exception("mailbox " + address + " does not exist");
            }
            if (message.payloadLength() == 0) {
                throw new Mq9Exception("payload must not be empty");
            }
            SendOptions options =
                    SendOptions.parse(
                            message.header(), message.headerOffset(), message.headerLength());
            KeptMessage mail = mail(address, message, options);
            Router.Space space = parts.core().router().space(tenant);
            String unfit = space.isGuarded() ? space.refusal(mail.lendTo(new Message())) : null;
            if (unfit != null) {
                throw new Mq9Exception("payload refused: " + unfit);
            }
            if (!zone.admit(message.payloadLength())) {
                throw Commands.overloaded();
            }
            if (options.delaySeconds() > 0) {
                later(mailbox, mail, options.delaySeconds(), zone, reply);
            } else {
                zone.execute(() -> send(mailbox, mail, options.key(), zone, reply));
            }
        } catch (Mq9Exception refused) {
            zone.execute(() -> reply.fail(refused));
        }
    }

    private static KeptMessage mail(String address, Message message, SendOptions options) {
        return new Message()
                .begin(
                        MailAddress.subject(address),
                        message.payload(),
                        message.payloadOffset(),
                        message.payloadLength())
                .header(
                        Mq9HeaderCodec.INSTANCE,
                        message.header(),
                        message.headerOffset(),
                        message.headerLength(),
                        options.delaySeconds())
                .publisher(message.publisher())
                .keep();
    }

    private void send(
            Mailbox mailbox, KeptMessage mail, byte @Nullable [] key, MailZone zone, Reply reply) {
        MailWriter.Done done =
                (id, failure) -> {
                    zone.release(mail.payload().length);
                    if (failure == null) {
                        reply.send(Replies.sent(id));
                    } else {
                        reply.fail(failure);
                    }
                };
        zone.withOrElse(
                parts,
                mailbox,
                open -> open.send(mail, key, done),
                failure -> done.done(-1, failure));
    }

    private void later(Mailbox mailbox, KeptMessage mail, int seconds, MailZone zone, Reply reply) {
        long at = parts.core().clock().millis() + seconds * 1000L;
        parts.core()
                .delayed()
                .schedule(KIND, mailbox.tenant(), mail, at)
                .whenComplete(
                        (ticket, failure) ->
                                zone.execute(
                                        () -> {
                                            zone.release(mail.payload().length);
                                            if (failure == null) {
                                                reply.send(Replies.sent(-1));
                                            } else {
                                                reply.fail(failure);
                                            }
                                        }));
    }

    /**
     * The mailbox may have ended meanwhile, or be another of the same name: then nobody gets it.
     */
    void due(String tenant, KeptMessage mail, long at, Receipt receipt) {
        Message lent = mail.lendTo(new Message());
        String address = mail.subject().toString().substring(MailAddress.TOPIC_PREFIX.length());
        Mailbox mailbox = parts.mailboxes().find(tenant, address);
        if (mailbox == null || mailbox.createdAt() > at - lent.flags() * 1000L) {
            return;
        }
        byte[] key =
                SendOptions.parse(lent.header(), lent.headerOffset(), lent.headerLength()).key();
        receipt.expect();
        MailZone zone = parts.zones().of(mailbox.key());
        zone.execute(
                () ->
                        zone.withOrElse(
                                parts,
                                mailbox,
                                open ->
                                        open.send(
                                                mail, key, (id, failure) -> receipt.done(failure)),
                                receipt::done));
    }
}
