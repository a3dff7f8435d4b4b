package io.polymq.mq9;

import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicSpec;
import io.polymq.core.topic.Topics;
import io.polymq.meta.CachedView;
import io.polymq.meta.MetadataException;
import io.polymq.meta.NodeCache;
import io.polymq.meta.Transaction;
import io.polymq.storage.ShardSpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All mailboxes: one entry of metadata each, made by one write. The topic that keeps the mail is
 * made with the first mail, so a mailbox that nobody has written to costs its entry alone. What has
 * expired is gone at once for everyone who asks, and removed soon after. Any thread.
 */
final class Mailboxes {

    private static final Logger LOG = LoggerFactory.getLogger(Mailboxes.class);
    private static final String PREFIX = "mq9/mailbox/";
    private static final long RETRY_MILLIS = 10_000;
    private static final int MAX_MESSAGE_BYTES = (64 << 20) + (1 << 20);

    /** The setting of a topic that says which mailbox it belongs to. */
    static final String STAMP = "mq9.created";

    private record Due(long at, String key) {}

    private final NodeCache metadata;
    private final Topics topics;
    private final Duration mailRetention;
    private final InstantSource clock;
    private final MailboxJson json = new MailboxJson();
    private final CachedView<Mailbox> view;
    private final ConcurrentLinkedQueue<Due> armed = new ConcurrentLinkedQueue<>();

    /** Belongs to the zone that calls {@link #expire}. */
    private final PriorityQueue<Due> due = new PriorityQueue<>(Comparator.comparingLong(Due::at));

    Mailboxes(NodeCache metadata, Topics topics, Duration mailRetention, InstantSource clock) {
        this.metadata = metadata;
        this.topics = topics;
        this.mailRetention = mailRetention;
        this.clock = clock;
        this.view = metadata.view(PREFIX, json::read);
    }

    /**
     * Waits until all are known.
     *
     * @param made hears of each topic of a mailbox before it captures anything
     * @param appeared hears of each tenant that has a mailbox, several times perhaps
     * @param ended hears of each mailbox that is gone, and of each that has lost its mail
     */
    void load(Consumer<Topic> made, Consumer<String> appeared, Consumer<Mailbox> ended) {
        topics.reserve(
                MailAddress.TOPIC_PREFIX,
                new Topics.Provider() {
                    @Override
                    public @Nullable TopicSpec wanted(String tenant, String name) {
                        return wantedTopic(tenant, name);
                    }

                    @Override
                    public void made(Topic topic) {
                        made.accept(topic);
                    }
                });
        topics.listen(new LostTopics(ended));
        view.listen(
                (key, before, after) -> {
                    if (after != null) {
                        appeared.accept(after.tenant());
                        arm(after);
                    }
                    if (before != null
                            && (after == null || after.createdAt() != before.createdAt())) {
                        ended.accept(before);
                    }
                });
        view.ready().join();
        for (CachedView.Versioned<Mailbox> known : view.all().values()) {
            appeared.accept(known.value().tenant());
            arm(known.value());
        }
    }

    /** Whoever deletes a mailbox's topic empties the mailbox. On the topics' own thread. */
    private final class LostTopics implements Topics.Listener {
        private final Consumer<Mailbox> ended;

        LostTopics(Consumer<Mailbox> ended) {
            this.ended = ended;
        }

        @Override
        public void created(Topic topic) {
            // by whoever uses the mailbox
        }

        @Override
        public void altered(Topic before, Topic now) {
            // its mail stays
        }

        @Override
        public void deleted(Topic topic) {
            String name = topic.name();
            if (name.startsWith(MailAddress.TOPIC_PREFIX)) {
                String address = name.substring(MailAddress.TOPIC_PREFIX.length());
                Mailbox mailbox = find(topic.tenant(), address);
                if (mailbox != null && isOf(topic, mailbox)) {
                    ended.accept(mailbox);
                }
            }
        }
    }

    /** What a mailbox's topic is made of, at its first use; null when there is no such mailbox. */
    private @Nullable TopicSpec wantedTopic(String tenant, String name) {
        Mailbox mailbox = find(tenant, name.substring(MailAddress.TOPIC_PREFIX.length()));
        return mailbox == null
                ? null
                : TopicSpec.of(name, 1)
                        .withShard(
                                ShardSpec.DEFAULT
                                        .withRetention(mailRetention, 0, 0)
                                        .withCompaction(true))
                        .withMaxMessageBytes(MAX_MESSAGE_BYTES)
                        .withSettings(Map.of(STAMP, Long.toString(mailbox.createdAt())));
    }

    private static boolean isOf(Topic topic, Mailbox mailbox) {
        return Long.toString(mailbox.createdAt()).equals(topic.spec().settings().get(STAMP));
    }

    int size() {
        return view.size();
    }

    /** A tenant's, those whose time is not over. */
    List<Mailbox> all(String tenant) {
        long now = clock.millis();
        return view.beginningWith(tenant + '/').values().stream()
                .map(CachedView.Versioned::value)
                .filter(mailbox -> mailbox.expiresAt() > now)
                .toList();
    }

    /** Null when there is none, or its time is over. */
    @Nullable Mailbox find(String tenant, String address) {
        Mailbox found = view.get(Mailbox.key(tenant, address));
        return found == null || found.expiresAt() <= clock.millis() ? null : found;
    }

    /** Whether this very mailbox is still there. */
    boolean isCurrent(Mailbox mailbox) {
        Mailbox now = view.get(mailbox.key());
        return now != null
                && now.createdAt() == mailbox.createdAt()
                && now.expiresAt() > clock.millis();
    }

    /** Fails with {@link Mq9Exception} when the name is taken. */
    CompletableFuture<Mailbox> create(Mailbox mailbox) {
        CachedView.Versioned<Mailbox> before = view.versioned(mailbox.key());
        if (before == null) {
            return write(mailbox, 0);
        }
        if (before.value().expiresAt() > clock.millis()) {
            return CompletableFuture.failedFuture(exists(mailbox));
        }
        return removeTopic(before.value())
                .thenCompose(gone -> write(mailbox, before.modRevision()));
    }

    private CompletableFuture<Mailbox> write(Mailbox mailbox, long before) {
        String key = PREFIX + mailbox.key();
        return metadata.store()
                .commit(
                        Transaction.of(
                                List.of(new Transaction.Guard(key, before)),
                                List.of(new Transaction.Put(key, json.write(mailbox), 0))))
                .thenCompose(
                        outcome -> {
                            if (!outcome.succeeded()) {
                                throw exists(mailbox);
                            }
                            return view.reached(outcome.revision());
                        })
                .thenApply(shown -> mailbox);
    }

    private static Mq9Exception exists(Mailbox mailbox) {
        return new Mq9Exception("mailbox " + mailbox.address() + " already exists");
    }

    /**
     * Removes it with its mail, the mail first: what a crash leaves is a mailbox whose time is
     * still over, not mail without one. Nothing happens when it is gone or another has its name.
     */
    CompletableFuture<Void> delete(Mailbox mailbox) {
        CachedView.Versioned<Mailbox> known = view.versioned(mailbox.key());
        if (known == null || known.value().createdAt() != mailbox.createdAt()) {
            return CompletableFuture.completedFuture(null);
        }
        String key = PREFIX + mailbox.key();
        return removeTopic(mailbox)
                .thenCompose(
                        removed ->
                                metadata.store()
                                        .commit(
                                                Transaction.of(
                                                        List.of(
                                                                new Transaction.Guard(
                                                                        key, known.modRevision())),
                                                        List.of(new Transaction.Delete(key)))))
                .thenCompose(
                        outcome ->
                                outcome.succeeded()
                                        ? view.reached(outcome.revision())
                                        : CompletableFuture.completedFuture(null))
                .thenCompose(gone -> removeTopic(mailbox));
    }

    /** Its topic, and nobody else's. */
    CompletableFuture<Void> removeTopic(Mailbox mailbox) {
        String name = MailAddress.topic(mailbox.address());
        Topic topic = topics.find(mailbox.tenant(), name).orElse(null);
        return topic != null && isOf(topic, mailbox)
                ? topics.delete(mailbox.tenant(), name)
                : CompletableFuture.completedFuture(null);
    }

    // Expiry.

    private void arm(Mailbox mailbox) {
        long at = mailbox.expiresAt();
        if (at != Long.MAX_VALUE) {
            armed.add(new Due(at, mailbox.key()));
        }
    }

    /**
     * Begins to remove what has expired, at most so many. One zone calls it.
     *
     * @return how many
     */
    int expire(int most) {
        List<Mailbox> over = new ArrayList<>();
        long now = clock.millis();
        for (Due fresh = armed.poll(); fresh != null; fresh = armed.poll()) {
            due.add(fresh);
        }
        for (Due next = due.peek();
                next != null && next.at() <= now && over.size() < most;
                next = due.peek()) {
            due.remove();
            Mailbox mailbox = view.get(next.key());
            if (mailbox != null && mailbox.expiresAt() <= now) {
                over.add(mailbox);
            }
        }
        for (Mailbox mailbox : over) {
            delete(mailbox).whenComplete((gone, failure) -> retry(mailbox, failure));
        }
        return over.size();
    }

    private void retry(Mailbox mailbox, @Nullable Throwable failure) {
        if (failure == null) {
            return;
        }
        boolean over =
                failure.getCause() instanceof MetadataException known
                        && known.reason() == MetadataException.Reason.CLOSED;
        if (!over) {
            LOG.atWarn()
                    .addKeyValue("mailbox", mailbox.key())
                    .addKeyValue("reason", failure.toString())
                    .log("an expired mailbox cannot be removed and is tried again");
            armed.add(new Due(clock.millis() + RETRY_MILLIS, mailbox.key()));
        }
    }
}
