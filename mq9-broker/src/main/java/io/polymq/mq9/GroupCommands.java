package io.polymq.mq9;

import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** ACK, NACK, EXTEND, SUBSCRIBE and UNSUBSCRIBE. Shard zone. */
final class GroupCommands {

    private static final int MOST_IDS = 10_000;
    private static final int DEFAULT_WINDOW = 100;
    private static final long DEFAULT_LEASE_MILLIS = 30_000;
    private static final long MAX_DELAY_MILLIS = 24 * 3_600_000L;

    private final Mq9Parts parts;

    GroupCommands(Mq9Parts parts) {
        this.parts = parts;
    }

    /** The address in the body counts; who asks must have the right for that one too. */
    private Mailbox mailbox(Request request, String verb, @Nullable String named) {
        String address = named == null ? request.rest() : named;
        Caller caller = request.caller();
        if (!address.equals(request.rest())
                && !caller.rights()
                        .mayPublish(
                                Subject.ofDotted(
                                        Commands.PREFIX + "MSG." + verb + '.' + address))) {
            throw new Mq9Exception("not allowed: " + verb + " of " + address);
        }
        Mailbox mailbox = parts.mailboxes().find(caller.tenant(), address);
        if (mailbox == null) {
            throw new Mq9Exception("mailbox not found: " + address);
        }
        return mailbox;
    }

    /** Finds a group that is there, in its own zone; the reply goes by the request's. */
    private void withGroup(
            Request request, Mailbox mailbox, String group, BiConsumer<MailGroup, Reply> action) {
        MailZone zone = parts.zones().of(mailbox.key());
        Reply reply =
                zone == request.zone()
                        ? request.reply()
                        : json -> {
                            request.answer(json);
                            return true;
                        };
        zone.execute(
                () ->
                        zone.with(
                                parts,
                                mailbox,
                                reply,
                                open ->
                                        open.existingGroup(
                                                group,
                                                found -> settle(found, reply, action),
                                                reply::fail)));
    }

    private static void settle(MailGroup group, Reply reply, BiConsumer<MailGroup, Reply> action) {
        try {
            action.accept(group, reply);
        } catch (Mq9Exception refused) {
            reply.fail(refused);
        }
    }

    // ACK.

    void ack(Request request) {
        Body body = request.json(false);
        String group = GroupName.check(body, body.required("group_name"));
        String address = body.required("mail_address", "mailbox");
        long[] ids = body.ids("msg_id", "msg_ids", MOST_IDS);
        boolean cumulative = body.flag("cumulative", !body.has("msg_ids"));
        Mailbox mailbox = mailbox(request, "ACK", address);
        withGroup(
                request,
                mailbox,
                group,
                (found, reply) ->
                        resolve(found, ids, reply, mails -> ack(found, mails, cumulative, reply)));
    }

    private static void ack(
            MailGroup group, List<MailGroup.MailRef> mails, boolean cumulative, Reply reply) {
        MailZone zone = group.mailbox().zone();
        group.acknowledge(mails, cumulative)
                .whenComplete(
                        (done, failure) ->
                                zone.execute(
                                        () -> {
                                            if (failure == null) {
                                                reply.send(Replies.ok());
                                            } else {
                                                reply.fail(failure);
                                            }
                                        }));
    }

    /** Gets the mails. */
    private interface Resolved {
        void accept(List<MailGroup.MailRef> mails);
    }

    /** The priorities of mails: known of those that are held, looked up of others. */
    private void resolve(MailGroup group, long[] ids, Reply reply, Resolved then) {
        List<MailGroup.MailRef> known = new ArrayList<>();
        List<Long> unknown = new ArrayList<>();
        for (long id : ids) {
            Held held = group.holdings().get(id);
            if (held == null) {
                unknown.add(id);
            } else {
                known.add(new MailGroup.MailRef(id, held.level().priority()));
            }
        }
        if (unknown.isEmpty()) {
            then.accept(known);
            return;
        }
        MailZone zone = group.mailbox().zone();
        MailScan scan = ReadCommands.scan(group.mailbox());
        CompletableFuture.supplyAsync(() -> look(scan, unknown), parts.core().blocking())
                .whenComplete(
                        (found, failure) ->
                                zone.execute(
                                        () -> {
                                            if (failure == null) {
                                                known.addAll(found);
                                                then.accept(known);
                                            } else {
                                                reply.fail(failure);
                                            }
                                        }));
    }

    private static List<MailGroup.MailRef> look(MailScan scan, List<Long> ids) {
        List<MailGroup.MailRef> found = new ArrayList<>();
        for (long id : ids) {
            Priority priority = scan.priorityOf(id);
            if (priority == null) {
                throw new Mq9Exception("message not found: " + id);
            }
            found.add(new MailGroup.MailRef(id, priority));
        }
        return found;
    }

    // NACK and EXTEND.

    void nack(Request request) {
        Body body = request.json(false);
        String group = GroupName.check(body, body.required("group_name"));
        long[] ids = body.ids("msg_id", "msg_ids", MOST_IDS);
        long delay = body.number("delay_ms", 0);
        if (delay > MAX_DELAY_MILLIS) {
            throw body.invalid("`delay_ms` is at most " + MAX_DELAY_MILLIS);
        }
        Mailbox mailbox = mailbox(request, "NACK", body.text("mail_address", "mailbox"));
        withGroup(
                request,
                mailbox,
                group,
                (found, reply) -> {
                    List<Held> held = held(found, ids);
                    for (int i = 0; i < ids.length; i++) {
                        found.holdings().dropped(ids[i]);
                        held.get(i).level().consumption().nack(ids[i], Duration.ofMillis(delay));
                    }
                    reply.send(Replies.ok());
                });
    }

    void extend(Request request) {
        Body body = request.json(false);
        String group = GroupName.check(body, body.required("group_name"));
        long[] ids = body.ids("msg_id", "msg_ids", MOST_IDS);
        long lease = ReadCommands.lease(body, DEFAULT_LEASE_MILLIS);
        if (lease == 0) {
            throw body.invalid("`lease_ms` is at least 1");
        }
        Mailbox mailbox = mailbox(request, "EXTEND", body.text("mail_address", "mailbox"));
        withGroup(
                request,
                mailbox,
                group,
                (found, reply) -> {
                    List<Held> held = held(found, ids);
                    for (int i = 0; i < ids.length; i++) {
                        found.holdings().extend(ids[i], held.get(i), lease);
                    }
                    reply.send(Replies.ok());
                });
    }

    private static List<Held> held(MailGroup group, long[] ids) {
        List<Held> all = new ArrayList<>();
        for (long id : ids) {
            Held held = group.holdings().get(id);
            if (held == null) {
                throw new Mq9Exception("message " + id + " is not held by group " + group.name());
            }
            all.add(held);
        }
        return all;
    }

    // Push.

    void subscribe(Request request) {
        Body body = request.json(false);
        String group = GroupName.check(body, body.required("group_name"));
        Subject to = Subject.ofDotted(body.required("deliver_subject", "reply_subject"));
        Start start = Start.of(body);
        long window = body.number("max_in_flight", DEFAULT_WINDOW);
        if (window == 0 || window > MOST_IDS) {
            throw body.invalid("`max_in_flight` is 1 to " + MOST_IDS);
        }
        long lease = ReadCommands.lease(body, DEFAULT_LEASE_MILLIS);
        Mail.Encoding encoding = Mail.Encoding.of(body);
        checkTarget(request.caller(), body, to);
        Mailbox mailbox = mailbox(request, "SUBSCRIBE", null);
        String id = MailAddress.token(ThreadLocalRandom.current());
        request.zone()
                .with(
                        parts,
                        mailbox,
                        request.reply(),
                        open ->
                                open.group(
                                        group,
                                        start,
                                        found ->
                                                begin(
                                                        open,
                                                        new PushSubscription(
                                                                open,
                                                                found,
                                                                id,
                                                                to,
                                                                (int) window,
                                                                Math.max(1, lease),
                                                                encoding,
                                                                request.caller().asClient()),
                                                        request.reply()),
                                        request.reply()::fail));
    }

    private static void begin(LiveMailbox open, PushSubscription subscription, Reply reply) {
        try {
            open.subscriptions().add(subscription);
        } catch (Mq9Exception full) {
            reply.fail(full);
            return;
        }
        reply.send(Replies.ok(json -> json.writeStringField("subscription_id", subscription.id())));
        subscription.pump();
    }

    /** A reader may have mail sent to where it could listen itself. */
    private void checkTarget(Caller caller, Body body, Subject to) {
        String text = to.toString();
        if (text.isEmpty()
                || text.startsWith("$")
                || text.startsWith(MailAddress.TOPIC_PREFIX)
                || text.chars().anyMatch(c -> c <= ' ' || c == '*' || c == '>')
                || !mayListen(caller, text)) {
            throw body.invalid("`deliver_subject` is none that you may listen to");
        }
    }

    private static boolean mayListen(Caller caller, String subject) {
        try {
            return caller.rights().maySubscribe(Dialect.NATS.parse(subject));
        } catch (InvalidSubjectException none) {
            return false;
        }
    }

    void unsubscribe(Request request) {
        Body body = request.json(false);
        String id = body.required("subscription_id");
        Mailbox mailbox = mailbox(request, "UNSUBSCRIBE", null);
        request.zone()
                .with(
                        parts,
                        mailbox,
                        request.reply(),
                        open -> {
                            PushSubscription known = open.subscriptions().find(id);
                            if (known == null) {
                                request.reply().fail("subscription not found: " + id);
                            } else {
                                open.subscriptions().end(known);
                                request.reply().send(Replies.ok());
                            }
                        });
    }
}
