package io.polymq.mq9;

import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** MAILBOX.CREATE and MAILBOX.DELETE. Shard zone. */
final class MailboxCommands {

    private static final int MAX_DESCRIPTION = 1024;
    private static final int MAX_ATTEMPTS = 10_000;

    private final Mq9Parts parts;
    private final SecureRandom random = new SecureRandom();

    MailboxCommands(Mq9Parts parts) {
        this.parts = parts;
    }

    void create(Request request) {
        Body body = request.json(true);
        int most = parts.settings().maxMailboxes();
        if (parts.mailboxes().size() >= most) {
            throw new Mq9Exception("there are " + most + " mailboxes already");
        }
        String name = body.text("name");
        String address =
                name == null || name.isEmpty()
                        ? MailAddress.generate(random)
                        : MailAddress.check(name);
        Mailbox mailbox =
                new Mailbox(
                        Mailbox.key(request.caller().tenant(), address),
                        parts.core().clock().millis(),
                        body.number("ttl", parts.settings().mailboxTtl().toSeconds()),
                        options(body, address));
        parts.mailboxes()
                .create(mailbox)
                .whenComplete(
                        (made, failure) -> {
                            if (failure == null) {
                                request.answer(
                                        Replies.ok(
                                                json ->
                                                        json.writeStringField(
                                                                "mail_address", address)));
                            } else {
                                request.fail(failure);
                            }
                        });
    }

    private static Mailbox.Options options(Body body, String address) {
        String description = text(body.text("desc", "description"));
        if (description.length() > MAX_DESCRIPTION) {
            throw body.invalid("`desc` may have " + MAX_DESCRIPTION + " characters");
        }
        long attempts = body.number("max_attempts", 0);
        if (attempts > MAX_ATTEMPTS) {
            throw body.invalid("`max_attempts` is at most " + MAX_ATTEMPTS);
        }
        String deadLetter = body.text("dead_letter");
        if (deadLetter != null && MailAddress.check(deadLetter).equals(address)) {
            throw body.invalid("`dead_letter` is the mailbox itself");
        }
        return new Mailbox.Options(description, (int) attempts, deadLetter);
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }

    void delete(Request request) {
        Mailbox mailbox = parts.mailboxes().find(request.caller().tenant(), request.rest());
        if (mailbox == null) {
            throw new Mq9Exception("mailbox not found: " + request.rest());
        }
        parts.mailboxes()
                .delete(mailbox)
                .whenComplete(
                        (gone, failure) -> {
                            if (failure == null) {
                                request.answer(
                                        Replies.ok(
                                                json -> json.writeBooleanField("deleted", true)));
                            } else {
                                request.fail(failure);
                            }
                        });
    }
}
