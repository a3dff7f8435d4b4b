package io.polymq.mq9;

import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueSpec;
import io.polymq.storage.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A named reader of a mailbox: a position for each priority, those who fetch, and what they hold.
 * Its start is settled, durably, by whoever names it first; from then on only acknowledgements move
 * it. Shard zone.
 */
final class MailGroup {

    private static final String PREFIX = "mq9/";

    private record Opening(Consumer<MailGroup> action, Consumer<Throwable> failed) {}

    private final LiveMailbox mailbox;
    private final String name;
    private final MailZone zone;
    private final List<GroupLevel> levels = new ArrayList<>();
    private final List<Opening> opening = new ArrayList<>();
    private final GroupHoldings holdings;
    private final GroupPolls polls;
    private boolean ready;
    private long lastUse;

    MailGroup(LiveMailbox mailbox, String name) {
        this.mailbox = mailbox;
        this.name = name;
        this.zone = mailbox.zone();
        this.holdings = new GroupHoldings(zone);
        this.polls = new GroupPolls(mailbox, name, levels, holdings, this::seek);
        this.lastUse = zone.now();
    }

    String name() {
        return name;
    }

    LiveMailbox mailbox() {
        return mailbox;
    }

    GroupHoldings holdings() {
        return holdings;
    }

    // Life.

    static String cursor(String group, Priority priority) {
        return PREFIX + group + '/' + priority.word();
    }

    /** The group whose position a cursor is; null when it is none. */
    static @Nullable String groupOf(String cursor) {
        return cursor.startsWith(PREFIX)
                ? cursor.substring(PREFIX.length(), cursor.lastIndexOf('/'))
                : null;
    }

    /** Whether the group has its position. May wait for the store. */
    static boolean exists(Shard shard, String group) {
        List<String> known = shard.groups();
        for (Priority priority : Priority.values()) {
            if (!known.contains(cursor(group, priority))) {
                return false;
            }
        }
        return true;
    }

    /** How many groups there are. May wait for the store. */
    static long count(Shard shard) {
        return shard.groups().stream().filter(cursor -> cursor.startsWith(PREFIX)).count()
                / Priority.values().length;
    }

    /** Up to where every group is done; the start when there is none. May wait for the store. */
    static long leastFloor(Shard shard) {
        return shard.groups().stream()
                .filter(group -> group.startsWith(PREFIX))
                .mapToLong(group -> shard.cursor(group).floor())
                .min()
                .orElse(shard.startOffset());
    }

    void whenReady(Consumer<MailGroup> action, Consumer<Throwable> failed) {
        lastUse = zone.now();
        if (ready) {
            action.accept(this);
        } else {
            opening.add(new Opening(action, failed));
        }
    }

    /** Opens its queues; at the start when it is new. */
    void begin(@Nullable Start start) {
        Shard shard = mailbox.shard();
        MailDeadLetters dead = MailDeadLetters.of(mailbox, name);
        int attempts = mailbox.mailbox().options().maxAttempts();
        QueueSpec spec =
                QueueSpec.DURABLE
                        .withRedelivery(
                                QueueSpec.Redelivery.AT_ONCE.withMaxDeliveries(
                                        attempts == 0 ? QueueSpec.NONE : attempts))
                        .withDeadLetter(dead);
        for (Priority priority : Priority.values()) {
            Queue queue =
                    mailbox.parts()
                            .core()
                            .queues()
                            .over(
                                    shard,
                                    cursor(name, priority),
                                    spec,
                                    new MailReader(
                                            priority,
                                            MailAddress.subject(mailbox.mailbox().address()),
                                            mailbox.parts().core().records()),
                                    mailbox.committed());
            levels.add(
                    new GroupLevel(
                            zone,
                            priority,
                            queue,
                            shard.cursor(cursor(name, priority)),
                            polls::woken));
        }
        if (start == null) {
            opened(null);
        } else {
            seek(start).whenComplete((done, failure) -> zone.execute(() -> opened(failure)));
        }
    }

    private CompletableFuture<Void> seek(Start start) {
        return start.resolve(mailbox.shard())
                .thenCompose(to -> all(level -> level.queue().seek(to)))
                .thenCompose(sought -> all(GroupLevel::persist));
    }

    private CompletableFuture<Void> all(Function<GroupLevel, CompletableFuture<Void>> action) {
        return CompletableFuture.allOf(
                levels.stream().map(action).toArray(CompletableFuture<?>[]::new));
    }

    private void opened(@Nullable Throwable failure) {
        if (failure != null) {
            mailbox.forget(this);
            close();
            failed(failure);
            return;
        }
        ready = true;
        List<Opening> these = List.copyOf(opening);
        opening.clear();
        these.forEach(one -> one.action().accept(this));
    }

    void failed(Throwable failure) {
        List<Opening> these = List.copyOf(opening);
        opening.clear();
        these.forEach(one -> one.failed().accept(failure));
    }

    /** Whether it is closed, since nobody has used it since then. */
    boolean closeWhenIdle(long since) {
        if (!ready || !polls.isIdle() || holdings.isLeased() || lastUse > since) {
            return false;
        }
        close();
        GroupUse.mark(mailbox.shard(), name, mailbox.parts().core().clock().millis());
        return true;
    }

    void end(String why) {
        polls.end(why);
        close();
        failed(new Mq9Exception(why));
    }

    private void close() {
        polls.close();
        holdings.forget();
        for (GroupLevel level : levels) {
            level.close();
            mailbox.parts().core().queues().close(level.queue());
        }
    }

    // Fetches.

    void poll(Poll.Wish wish, Poll.Taker taker) {
        lastUse = zone.now();
        polls.poll(wish, taker);
    }

    /** A push subscription asks no more. */
    void withdraw(PushSubscription owner) {
        polls.withdraw(owner);
    }

    // What readers say.

    /** These are done, alone or with everything before them of their priority. */
    CompletableFuture<Void> acknowledge(List<MailRef> mails, boolean cumulative) {
        lastUse = zone.now();
        List<CompletableFuture<?>> done = new ArrayList<>();
        List<GroupLevel> touched = new ArrayList<>();
        for (MailRef mail : mails) {
            GroupLevel level = levels.get(mail.priority().ordinal());
            if (!touched.contains(level)) {
                touched.add(level);
            }
            if (cumulative) {
                holdings.droppedThrough(level, mail.id());
            } else {
                holdings.dropped(mail.id());
            }
            done.add(level.queue().discard(cumulative ? 0 : mail.id(), mail.id() + 1));
        }
        return CompletableFuture.allOf(done.toArray(CompletableFuture<?>[]::new))
                .thenCompose(
                        all ->
                                CompletableFuture.allOf(
                                        touched.stream()
                                                .map(GroupLevel::persist)
                                                .toArray(CompletableFuture<?>[]::new)));
    }

    /** Records that are gone from the shard. */
    void discard(long[] ids) {
        if (!ready) {
            return;
        }
        for (long id : ids) {
            holdings.dropped(id);
            levels.forEach(level -> level.queue().discard(id, id + 1));
        }
    }

    /** A mail and its priority. */
    record MailRef(long id, Priority priority) {}
}
