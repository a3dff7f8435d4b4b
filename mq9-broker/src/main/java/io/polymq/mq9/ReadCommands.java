package io.polymq.mq9;

import io.polymq.storage.Shard;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** FETCH, QUERY and DELETE of mail. Shard zone; what looks through a shard runs beside it. */
final class ReadCommands {

    static final int MOST_MESSAGES = 10_000;
    private static final int DEFAULT_MESSAGES = 100;
    private static final long DEFAULT_WAIT_MILLIS = 500;
    private static final int MOST_QUERIED = 100;
    private static final int SCANS_AT_ONCE = 64;
    private static final long MAX_LEASE_MILLIS = 12 * 3_600_000L;

    private final Mq9Parts parts;
    private final Semaphore scans = new Semaphore(SCANS_AT_ONCE);

    ReadCommands(Mq9Parts parts) {
        this.parts = parts;
    }

    private Mailbox mailbox(Request request, String address) {
        Mailbox mailbox = parts.mailboxes().find(request.caller().tenant(), address);
        if (mailbox == null) {
            throw new Mq9Exception("mailbox not found: " + address);
        }
        return mailbox;
    }

    // FETCH.

    void fetch(Request request) {
        Body body = request.json(false);
        String group = body.text("group_name");
        Start start = Start.of(body);
        boolean force = body.flag("force_deliver", false);
        long most = body.configured("num_msgs", DEFAULT_MESSAGES);
        if (most == 0) {
            throw body.invalid("`num_msgs` is at least 1");
        }
        long wait =
                Math.min(
                        body.configured("max_wait_ms", DEFAULT_WAIT_MILLIS),
                        parts.settings().maxWait().toMillis());
        long lease = lease(body, 0);
        Mail.Encoding encoding = Mail.Encoding.of(body);
        int messages = (int) Math.min(most, MOST_MESSAGES);
        Mailbox mailbox = mailbox(request, request.rest());
        Poll.Taker taker = taker(mailbox, request.reply(), encoding);
        if (group == null || group.isEmpty()) {
            request.zone()
                    .with(
                            parts,
                            mailbox,
                            request.reply(),
                            open ->
                                    new PassingFetch(open, start, messages, taker, scans)
                                            .begin(wait));
            return;
        }
        GroupName.check(body, group);
        Poll.Wish wish = new Poll.Wish(messages, wait, lease, force ? start : null, null);
        request.zone()
                .with(
                        parts,
                        mailbox,
                        request.reply(),
                        open ->
                                open.group(
                                        group,
                                        start,
                                        found -> found.poll(wish, taker),
                                        request.reply()::fail));
    }

    static long lease(Body body, long otherwise) {
        long lease = body.configured("lease_ms", otherwise);
        if (lease > MAX_LEASE_MILLIS) {
            throw body.invalid("`lease_ms` is at most " + MAX_LEASE_MILLIS);
        }
        return lease;
    }

    private Poll.Taker taker(Mailbox mailbox, Reply reply, Mail.Encoding encoding) {
        return new Poll.Taker() {
            @Override
            public int take(List<Mail> mails) {
                int fitting = MailJson.fitting(mails, parts.settings().maxReplyBytes());
                List<Mail> some = mails.subList(0, fitting);
                if (!reply.send(MailJson.messages(some, encoding))) {
                    return 0;
                }
                parts.handedOut(mailbox, some);
                return fitting;
            }

            @Override
            public void failed(String error) {
                reply.fail(error);
            }
        };
    }

    // QUERY.

    void query(Request request) {
        Body body = request.json(true);
        String key = body.text("key");
        List<String> tags = body.texts("tags");
        long since = Math.min(body.number("since", 0), Long.MAX_VALUE / 1000) * 1000;
        int limit = (int) Math.min(body.number("limit", MOST_QUERIED), MOST_QUERIED);
        Mail.Encoding encoding = Mail.Encoding.of(body);
        int maxBytes = parts.settings().maxReplyBytes();
        look(
                request,
                mailbox(request, request.rest()),
                scan -> {
                    if (key != null && !key.isEmpty()) {
                        return scan.byKey(key.getBytes(StandardCharsets.UTF_8));
                    }
                    return scan.matching(tags, tags.isEmpty() ? since : 0, limit, maxBytes);
                },
                found -> {
                    List<Mail> some = found.subList(0, Math.min(limit, found.size()));
                    int fitting = MailJson.fitting(some, maxBytes);
                    request.reply().send(MailJson.messages(some.subList(0, fitting), encoding));
                });
    }

    /** Looks through the shard on a virtual thread, then goes on in the zone. */
    private <T> void look(
            Request request, Mailbox mailbox, Function<MailScan, T> question, Consumer<T> then) {
        if (!scans.tryAcquire()) {
            throw new Mq9Exception("too many queries at once, try again");
        }
        boolean[] handed = {false};
        try {
            request.zone()
                    .withOrElse(
                            parts,
                            mailbox,
                            open -> look(request, open, question, then),
                            failure -> {
                                scans.release();
                                request.reply().fail(failure);
                            });
            handed[0] = true;
        } finally {
            if (!handed[0]) {
                scans.release();
            }
        }
    }

    private <T> void look(
            Request request, LiveMailbox open, Function<MailScan, T> question, Consumer<T> then) {
        MailScan scan = scan(open);
        CompletableFuture.supplyAsync(() -> question.apply(scan), parts.core().blocking())
                .whenComplete(
                        (found, failure) -> {
                            scans.release();
                            request.zone()
                                    .execute(
                                            () -> {
                                                if (failure == null) {
                                                    then.accept(found);
                                                } else {
                                                    request.reply().fail(failure);
                                                }
                                            });
                        });
    }

    static MailScan scan(LiveMailbox open) {
        return new MailScan(
                open.shard(),
                open.committed(),
                MailAddress.subject(open.mailbox().address()),
                open.parts().core().records(),
                open.parts().core().clock().millis());
    }

    // DELETE.

    void delete(Request request) {
        int dot = request.rest().lastIndexOf('.');
        String text = request.rest().substring(dot + 1);
        if (dot < 0 || text.isEmpty() || text.length() > 18 || !isNumber(text)) {
            throw new Mq9Exception("invalid msg_id: " + text);
        }
        Mailbox mailbox = mailbox(request, request.rest().substring(0, dot));
        MailZone zone = parts.zones().of(mailbox.key());
        Request there =
                new Request(
                        request.caller(),
                        request.command(),
                        request.rest(),
                        request.body(),
                        zone,
                        json -> {
                            request.answer(json);
                            return true;
                        });
        zone.execute(() -> delete(there, mailbox, Long.parseLong(text)));
    }

    private static boolean isNumber(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private void delete(Request request, Mailbox mailbox, long id) {
        request.zone()
                .with(
                        parts,
                        mailbox,
                        request.reply(),
                        open -> {
                            Shard shard = open.shard();
                            MailScan scan = scan(open);
                            CompletableFuture.supplyAsync(
                                            () -> scan.one(id), parts.core().blocking())
                                    .thenCompose(
                                            found -> {
                                                if (found == null) {
                                                    throw new Mq9Exception(
                                                            "message not found: " + id);
                                                }
                                                return shard.deleteRecords(new long[] {id});
                                            })
                                    .whenComplete(
                                            (gone, failure) ->
                                                    request.zone()
                                                            .execute(
                                                                    () ->
                                                                            deleted(
                                                                                    request, open,
                                                                                    id, failure)));
                        });
    }

    private static void deleted(
            Request request, LiveMailbox open, long id, @Nullable Throwable failure) {
        if (failure == null) {
            open.discarded(new long[] {id});
            request.reply().send(Replies.ok(json -> json.writeBooleanField("deleted", true)));
        } else {
            request.reply().fail(failure);
        }
    }
}
