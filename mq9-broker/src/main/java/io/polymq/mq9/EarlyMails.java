package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Capture;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.topic.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the topics of mailboxes that have none yet: what other protocols publish to such a
 * mailbox has its topic made, and is put in before the topic captures anything itself, so that each
 * publisher's order is kept. Any thread; what waits for a topic is guarded by a lock of its own.
 */
final class EarlyMails {

    private record Waiting(KeptMessage mail, @Nullable Receipt receipt) {}

    private final Mq9Parts parts;
    private final Set<String> tenants = ConcurrentHashMap.newKeySet();
    private final Map<String, Box> boxes = new ConcurrentHashMap<>();

    EarlyMails(Mq9Parts parts) {
        this.parts = parts;
    }

    /** For the mailboxes of that tenant, from now on and for good. */
    void watch(String tenant) {
        if (tenants.add(tenant)) {
            parts.core()
                    .router()
                    .space(tenant)
                    .subscribe(everyMailbox(), null, false, new StandIn(tenant));
        }
    }

    private static Filter everyMailbox() {
        try {
            return Dialect.NATS.parse(MailAddress.TOPIC_PREFIX + '>');
        } catch (InvalidSubjectException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A topic is there that captures nothing yet. */
    void made(Topic topic) {
        String address = topic.name().substring(MailAddress.TOPIC_PREFIX.length());
        Box box = boxes.get(Mailbox.key(topic.tenant(), address));
        if (box != null) {
            box.opened(topic);
        }
    }

    /** Hears what nobody captures. */
    private final class StandIn implements Capture {
        private final String tenant;

        StandIn(String tenant) {
            this.tenant = tenant;
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
            String address =
                    message.subject().toString().substring(MailAddress.TOPIC_PREFIX.length());
            Mailbox mailbox = parts.mailboxes().find(tenant, address);
            return mailbox != null
                    && boxes.computeIfAbsent(mailbox.key(), key -> new Box(mailbox)).take(message);
        }
    }

    /** What waits for one mailbox's topic. */
    private final class Box {
        private final Mailbox mailbox;
        private final MailZone zone;
        private final List<Waiting> waiting = new ArrayList<>();
        private @Nullable Topic topic;
        private boolean asked;

        Box(Mailbox mailbox) {
            this.mailbox = mailbox;
            this.zone = parts.zones().of(mailbox.key());
        }

        synchronized boolean take(Message message) {
            Receipt receipt = message.receipt();
            if (receipt != null) {
                receipt.expect();
            }
            KeptMessage mail = message.keep();
            if (!zone.admit(mail.size())) {
                if (receipt != null) {
                    receipt.done(Commands.overloaded());
                }
                return false;
            }
            waiting.add(new Waiting(mail, receipt));
            Topic there = topic == null ? find() : topic;
            if (there != null) {
                opened(there);
            } else if (!asked) {
                asked = true;
                zone.execute(
                        () ->
                                zone.withOrElse(
                                        parts,
                                        mailbox,
                                        open -> opened(open.topic()),
                                        this::failed));
            }
            return true;
        }

        private @Nullable Topic find() {
            String name = MailAddress.topic(mailbox.address());
            return parts.core().topics().find(mailbox.tenant(), name).orElse(null);
        }

        /** Whoever finds the topic puts in what waits, and is done with the box. */
        synchronized void opened(Topic there) {
            topic = there;
            for (Waiting one : waiting) {
                zone.release(one.mail().size());
                put(there, one);
            }
            waiting.clear();
            boxes.remove(mailbox.key(), this);
        }

        private static void put(Topic there, Waiting one) {
            Receipt receipt = one.receipt();
            there.append(
                    one.mail().lendTo(new Message()),
                    (offset, timestamp, failure) -> {
                        if (receipt != null) {
                            if (failure == null) {
                                receipt.stored(there.name(), 0, offset, timestamp);
                            }
                            receipt.done(failure);
                        }
                    });
        }

        private synchronized void failed(Throwable why) {
            for (Waiting one : waiting) {
                zone.release(one.mail().size());
                Receipt receipt = one.receipt();
                if (receipt != null) {
                    receipt.done(why);
                }
            }
            waiting.clear();
            asked = false;
            boxes.remove(mailbox.key(), this);
        }
    }
}
