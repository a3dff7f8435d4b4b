package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.router.Router;
import io.polymq.core.topic.Committed;
import io.polymq.core.topic.Topic;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mailbox in use: its shard, the groups that read it, those that wait. Forgotten when nobody has
 * used it for a while; all that must last is in the shard and in its cursors. Shard zone.
 *
 * <pre>
 *   OPENING -- topic found or made --> OPEN -- idle, deleted, expired --> ENDED
 *      '-------- cannot be opened -----------------------------------------^
 * </pre>
 */
final class LiveMailbox {

    private static final Logger LOG = LoggerFactory.getLogger(LiveMailbox.class);
    private static final long IDLE_MILLIS = 30_000;
    private static final int MAX_GROUPS = 1000;
    private static final long TEND_MILLIS = Duration.ofDays(1).toMillis();

    /** Something that waits at the mailbox and must hear when it is gone. */
    interface Waiter {
        void ended(String error);
    }

    private record Opening(Consumer<LiveMailbox> action, Consumer<Throwable> failed) {}

    private final Mq9Parts parts;
    private final MailZone zone;
    private final Mailbox mailbox;
    private final Router.Space space;
    private final List<Opening> opening = new ArrayList<>();
    private final Map<String, MailGroup> groups = new HashMap<>();
    private final Set<Waiter> waiters = new HashSet<>();
    private final PushSubscriptions subscriptions;
    private @Nullable MailWriter writer;
    private @Nullable Topic topic;
    private @Nullable Shard shard;
    private @Nullable Committed committed;
    private boolean asked;
    private boolean ended;
    private long lastUse;
    private long tendedAt;

    /** Groups that are being forgotten. */
    private final Set<String> leaving = new HashSet<>();

    LiveMailbox(Mq9Parts parts, MailZone zone, Mailbox mailbox) {
        this.parts = parts;
        this.zone = zone;
        this.mailbox = mailbox;
        this.space = zone.space(mailbox.tenant());
        this.subscriptions = new PushSubscriptions(this);
        this.lastUse = zone.now();
    }

    Mailbox mailbox() {
        return mailbox;
    }

    Mq9Parts parts() {
        return parts;
    }

    MailZone zone() {
        return zone;
    }

    Router.Space space() {
        return space;
    }

    PushSubscriptions subscriptions() {
        return subscriptions;
    }

    Shard shard() {
        Shard known = shard;
        if (known == null) {
            throw new IllegalStateException("the mailbox is not open");
        }
        return known;
    }

    Topic topic() {
        Topic known = topic;
        if (known == null) {
            throw new IllegalStateException("the mailbox is not open");
        }
        return known;
    }

    /** What of the shard is mail: nothing of transactions that are open or were given up. */
    Committed committed() {
        Committed known = committed;
        if (known == null) {
            throw new IllegalStateException("the mailbox is not open");
        }
        return known;
    }

    // Life.

    void whenOpen(Consumer<LiveMailbox> action, Consumer<Throwable> failed) {
        lastUse = zone.now();
        if (shard != null) {
            action.accept(this);
            return;
        }
        opening.add(new Opening(action, failed));
        if (!asked) {
            asked = true;
            parts.core().blocking().execute(this::open);
        }
    }

    /** On a virtual thread. */
    private void open() {
        try {
            Topic made = obtain();
            Shard found = made.partition(0);
            Committed seen = parts.core().topics().committed(made, 0).join();
            if (!parts.mailboxes().isCurrent(mailbox)) {
                parts.mailboxes().removeTopic(mailbox);
                throw notFound();
            }
            for (String group : unusedGroups(found)) {
                GroupUse.forget(found, group).join();
            }
            zone.execute(() -> opened(made, found, seen));
        } catch (RuntimeException failure) {
            zone.execute(() -> failed(failure));
        }
    }

    private Topic obtain() {
        String name = MailAddress.topic(mailbox.address());
        String stamp = Long.toString(mailbox.createdAt());
        Topic topic = parts.core().topics().find(mailbox.tenant(), name).orElse(null);
        if (topic != null) {
            String owner = topic.spec().settings().get(Mailboxes.STAMP);
            if (stamp.equals(owner)) {
                return topic;
            }
            if (owner == null) {
                throw new Mq9Exception(
                        "mailbox "
                                + mailbox.address()
                                + " cannot be used: there is a topic "
                                + name
                                + " of somebody else's");
            }
            parts.core().topics().delete(mailbox.tenant(), name).join();
        }
        return parts.core()
                .topics()
                .obtain(mailbox.tenant(), name)
                .join()
                .orElseThrow(this::notFound);
    }

    private void opened(Topic made, Shard found, Committed seen) {
        if (ended) {
            failed(notFound());
            return;
        }
        topic = made;
        shard = found;
        committed = seen;
        tendedAt = zone.now();
        writer = new MailWriter(this, found);
        List<Opening> these = List.copyOf(opening);
        opening.clear();
        these.forEach(one -> one.action().accept(this));
    }

    private void failed(RuntimeException failure) {
        zone.forget(this);
        List<Opening> these = List.copyOf(opening);
        opening.clear();
        these.forEach(one -> one.failed().accept(failure));
    }

    Mq9Exception notFound() {
        return new Mq9Exception("mailbox not found: " + mailbox.address());
    }

    boolean isForgettable() {
        long now = zone.now();
        if (shard != null && now - tendedAt > TEND_MILLIS) {
            tendedAt = now;
            tend(shard);
        }
        groups.values().removeIf(group -> group.closeWhenIdle(now - IDLE_MILLIS));
        return shard != null
                && now - lastUse > IDLE_MILLIS
                && groups.isEmpty()
                && leaving.isEmpty()
                && waiters.isEmpty()
                && subscriptions.isEmpty()
                && (writer == null || writer.isIdle());
    }

    /** Nothing of it is used any more. */
    void end(String why) {
        ended = true;
        List.copyOf(waiters).forEach(waiter -> waiter.ended(why));
        waiters.clear();
        subscriptions.end();
        groups.values().forEach(group -> group.end(why));
        groups.clear();
        if (!opening.isEmpty()) {
            failed(new Mq9Exception(why));
        }
    }

    void add(Waiter waiter) {
        waiters.add(waiter);
    }

    void remove(Waiter waiter) {
        waiters.remove(waiter);
        lastUse = zone.now();
    }

    // Mail.

    void send(KeptMessage mail, byte @Nullable [] key, MailWriter.Done done) {
        MailWriter known = writer;
        if (known == null) {
            throw new IllegalStateException("the mailbox is not open");
        }
        known.send(mail, key, done);
    }

    /** Records that were deleted are done for every group. */
    void discarded(long[] ids) {
        for (MailGroup group : groups.values()) {
            group.discard(ids);
        }
    }

    // Groups.

    /** The group, made when it is new. */
    void group(String name, Start start, Consumer<MailGroup> action, Consumer<Throwable> failed) {
        MailGroup known = groups.get(name);
        if (known != null) {
            known.whenReady(action, failed);
            return;
        }
        if (!stays(name, failed)) {
            return;
        }
        MailGroup group = new MailGroup(this, name);
        groups.put(name, group);
        group.whenReady(action, failed);
        Shard of = shard();
        parts.core()
                .blocking()
                .execute(
                        () -> {
                            boolean exists = MailGroup.exists(of, name);
                            boolean room = exists || MailGroup.count(of) < MAX_GROUPS;
                            if (room) {
                                GroupUse.mark(of, name, parts.core().clock().millis());
                            }
                            zone.execute(() -> begin(group, exists ? null : start, room));
                        });
    }

    /** The group if it is there; a null start fails otherwise. */
    private void begin(MailGroup group, @Nullable Start start, boolean room) {
        if (ended) {
            group.failed(notFound());
        } else if (!room) {
            groups.remove(group.name(), group);
            group.failed(
                    new Mq9Exception(
                            "mailbox " + mailbox.address() + " has " + MAX_GROUPS + " groups"));
        } else {
            group.begin(start);
        }
    }

    /** A group that must be there already. */
    void existingGroup(String name, Consumer<MailGroup> action, Consumer<Throwable> failed) {
        MailGroup known = groups.get(name);
        if (known != null) {
            known.whenReady(action, failed);
            return;
        }
        Shard of = shard();
        parts.core()
                .blocking()
                .execute(
                        () -> {
                            boolean exists = MailGroup.exists(of, name);
                            zone.execute(
                                    () -> {
                                        if (exists) {
                                            group(name, Start.EARLIEST, action, failed);
                                        } else {
                                            failed.accept(
                                                    new Mq9Exception("group not found: " + name));
                                        }
                                    });
                        });
    }

    void forget(MailGroup group) {
        groups.remove(group.name(), group);
    }

    /** Those that nobody has used for too long. May wait for the store. */
    private List<String> unusedGroups(Shard of) {
        long retention = parts.settings().groupRetention().toMillis();
        long now = parts.core().clock().millis();
        return retention == 0 ? List.of() : GroupUse.unusedSince(of, now - retention, now);
    }

    /** Marks the groups that are in use and forgets those that were not for too long. */
    private void tend(Shard of) {
        long now = parts.core().clock().millis();
        List<String> inUse = List.copyOf(groups.keySet());
        parts.core()
                .blocking()
                .execute(
                        () -> {
                            if (!parts.mailboxes().isCurrent(mailbox)) {
                                return;
                            }
                            try {
                                inUse.forEach(group -> GroupUse.mark(of, group, now));
                                List<String> unused = unusedGroups(of);
                                zone.execute(() -> unused.forEach(group -> leave(of, group)));
                            } catch (StorageException gone) {
                                LOG.atDebug()
                                        .addKeyValue("mailbox", mailbox.key())
                                        .addKeyValue("reason", gone.getMessage())
                                        .log("groups of a mailbox cannot be tended");
                            }
                        });
    }

    private void leave(Shard of, String group) {
        if (!ended && !groups.containsKey(group) && leaving.add(group)) {
            GroupUse.forget(of, group)
                    .whenComplete((gone, failure) -> zone.execute(() -> leaving.remove(group)));
        }
    }

    /** Whether the group is not being forgotten just now; else the asker hears so. */
    private boolean stays(String group, Consumer<Throwable> failed) {
        if (leaving.contains(group)) {
            failed.accept(new Mq9Exception("mailbox " + mailbox.address() + " is busy, try again"));
            return false;
        }
        return true;
    }
}
