package io.polymq.mq9;

import io.polymq.codec.nats.NatsHeaders;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.DeadLetter;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends what a group could not deal with to the mailbox for dead letters, with headers that say
 * where it comes from. What only expired is dropped. Called in a queue's zone.
 */
final class MailDeadLetters implements DeadLetter {

    /** What meant the mailbox that it comes from. */
    private static final Set<String> DROPPED =
            Set.of(Mq9HeaderCodec.TTL, Mq9HeaderCodec.KEY, Mq9HeaderCodec.DELAY);

    private final Mq9Parts parts;
    private final String tenant;
    private final String from;
    private final String target;
    private final String group;

    private MailDeadLetters(
            Mq9Parts parts, String tenant, String from, String target, String group) {
        this.parts = parts;
        this.tenant = tenant;
        this.from = from;
        this.target = target;
        this.group = group;
    }

    /** Null when the mailbox drops its dead. */
    static @Nullable MailDeadLetters of(LiveMailbox mailbox, String group) {
        String target = mailbox.mailbox().options().deadLetter();
        return target == null
                ? null
                : new MailDeadLetters(
                        mailbox.parts(),
                        mailbox.mailbox().tenant(),
                        mailbox.mailbox().address(),
                        target,
                        group);
    }

    @Override
    public void dead(QueuedMessage message, Reason reason, Queue queue, Receipt receipt) {
        Mailbox to = reason == Reason.EXPIRED ? null : parts.mailboxes().find(tenant, target);
        if (to == null) {
            return;
        }
        KeptMessage letter = letter(message, reason);
        receipt.expect();
        MailZone zone = parts.zones().of(to.key());
        zone.execute(
                () ->
                        zone.withOrElse(
                                parts,
                                to,
                                open ->
                                        open.send(
                                                letter,
                                                null,
                                                (id, failure) -> receipt.done(failure)),
                                receipt::done));
    }

    private KeptMessage letter(QueuedMessage dead, Reason reason) {
        Message source = dead.message().lendTo(new Message());
        List<NatsHeaders.Entry> lines = new ArrayList<>();
        if (source.isNativeTo(Mq9HeaderCodec.INSTANCE)) {
            NatsHeaders own =
                    NatsHeaders.parse(
                            source.header(), source.headerOffset(), source.headerLength());
            if (own != null) {
                own.entries().stream()
                        .filter(line -> !DROPPED.contains(line.name()))
                        .forEach(lines::add);
            }
        }
        lines.add(new NatsHeaders.Entry("mq9-dead-from", from));
        lines.add(new NatsHeaders.Entry("mq9-dead-id", Long.toString(dead.offset())));
        lines.add(new NatsHeaders.Entry("mq9-dead-group", group));
        lines.add(new NatsHeaders.Entry("mq9-dead-attempts", Integer.toString(dead.deliveries())));
        lines.add(new NatsHeaders.Entry("mq9-dead-reason", reason.name().toLowerCase(Locale.ROOT)));
        byte[] header = new NatsHeaders(0, "", lines).toBytes();
        byte[] payload = dead.message().payload();
        return new Message()
                .begin(MailAddress.subject(target), payload, 0, payload.length)
                .header(Mq9HeaderCodec.INSTANCE, header, 0, header.length, 0)
                .keep();
    }
}
