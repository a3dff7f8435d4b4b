package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.storage.KeyedRead;
import io.polymq.storage.Shard;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Puts mail into a mailbox: published to the mailbox's subject, so that its topic keeps it and
 * whoever listens there sees it at once. Of a key only the newest mail is kept: the one before is
 * deleted before the sender is answered. Shard zone; answers of the store come back to it.
 */
final class MailWriter {

    private static final int MAX_IN_FLIGHT = 65_536;
    private static final int KNOWN_KEYS = 1024;
    private static final long RECLAIM_EVERY_MILLIS = 1000;
    private static final int LOAD_FACTOR_TENTHS = 16;

    /** Hears what became of a mail. */
    interface Done {
        /**
         * @param failure null when it is kept
         */
        void done(long id, @Nullable Throwable failure);
    }

    /** A mail on its way to the store. */
    private final class Flight implements Receipt.Listener {
        private final @Nullable ByteBuffer key;
        private final @Nullable CompletableFuture<KeyedRead> before;
        private final Done done;
        private long id = -1;

        Flight(@Nullable ByteBuffer key, @Nullable CompletableFuture<KeyedRead> before, Done done) {
            this.key = key;
            this.before = before;
            this.done = done;
        }

        @Override
        public void stored(String topic, int partition, long offset, long timestamp) {
            if (topic.equals(MailAddress.topic(mailbox.mailbox().address()))) {
                id = offset;
            }
        }

        @Override
        public void settled(@Nullable Throwable failure) {
            mailbox.zone().execute(() -> landed(this, failure));
        }
    }

    private final LiveMailbox mailbox;
    private final Shard shard;

    /** The newest mail of keys that were used lately. */
    private final Map<ByteBuffer, Long> newest =
            new LinkedHashMap<>(LOAD_FACTOR_TENTHS, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Long> eldest) {
                    return size() > KNOWN_KEYS;
                }
            };

    private int inFlight;
    private long reclaimedAt = Long.MIN_VALUE;

    MailWriter(LiveMailbox mailbox, Shard shard) {
        this.mailbox = mailbox;
        this.shard = shard;
    }

    boolean isIdle() {
        return inFlight == 0;
    }

    void send(KeptMessage mail, byte @Nullable [] key, Done done) {
        if (inFlight >= MAX_IN_FLIGHT) {
            done.done(-1, refusal("is busy, try again"));
            return;
        }
        inFlight++;
        if (shard.statistics().records() + inFlight <= mailbox.parts().settings().maxMessages()) {
            publish(mail, key, done);
        } else if (mailbox.zone().now() - RECLAIM_EVERY_MILLIS < reclaimedAt) {
            inFlight--;
            done.done(-1, refusal("is full"));
        } else {
            reclaim(mail, key, done);
        }
    }

    private Mq9Exception refusal(String why) {
        return new Mq9Exception("mailbox " + mailbox.mailbox().address() + ' ' + why);
    }

    /** A full mailbox gives up what every group is done with. */
    private void reclaim(KeptMessage mail, byte @Nullable [] key, Done done) {
        reclaimedAt = mailbox.zone().now();
        CompletableFuture.supplyAsync(
                        () -> MailGroup.leastFloor(shard), mailbox.parts().core().blocking())
                .thenCompose(
                        floor ->
                                floor > shard.startOffset()
                                        ? shard.trim(floor)
                                        : CompletableFuture.failedFuture(refusal("is full")))
                .whenComplete(
                        (trimmed, failure) ->
                                mailbox.zone()
                                        .execute(
                                                () -> {
                                                    if (failure == null) {
                                                        publish(mail, key, done);
                                                    } else {
                                                        inFlight--;
                                                        done.done(-1, failure);
                                                    }
                                                }));
    }

    private void publish(KeptMessage mail, byte @Nullable [] key, Done done) {
        ByteBuffer name = key == null ? null : ByteBuffer.wrap(key);
        CompletableFuture<KeyedRead> before =
                name == null || newest.containsKey(name) ? null : shard.readByKey(name);
        Receipt receipt = new Receipt(new Flight(name, before, done));
        mailbox.zone().publish(mailbox.space(), mail, receipt);
        receipt.seal();
    }

    private void landed(Flight flight, @Nullable Throwable failure) {
        if (failure != null || flight.id < 0) {
            inFlight--;
            flight.done.done(-1, failure == null ? mailbox.notFound() : failure);
            return;
        }
        if (flight.key == null) {
            kept(flight);
        } else if (flight.before == null) {
            replace(flight, -1);
        } else {
            flight.before.whenComplete(
                    (read, unread) ->
                            mailbox.zone()
                                    .execute(
                                            () ->
                                                    replace(
                                                            flight,
                                                            read == null ? -1 : read.offset())));
        }
    }

    private void kept(Flight flight) {
        inFlight--;
        mailbox.parts().metrics().sent();
        flight.done.done(flight.id, null);
    }

    private void replace(Flight flight, long found) {
        ByteBuffer key = flight.key;
        if (key == null) {
            throw new IllegalStateException("no key");
        }
        Long known = newest.get(key);
        long last = known == null ? -1 : known;
        newest.put(key, Math.max(last, flight.id));
        long[] old = {last > flight.id ? flight.id : last, found == flight.id ? -1 : found};
        long[] gone = Arrays.stream(old).filter(id -> id >= 0).distinct().toArray();
        if (gone.length == 0) {
            kept(flight);
            return;
        }
        shard.deleteRecords(gone)
                .whenComplete(
                        (deleted, failure) ->
                                mailbox.zone().execute(() -> replaced(flight, gone, failure)));
    }

    private void replaced(Flight flight, long[] gone, @Nullable Throwable failure) {
        if (failure == null) {
            mailbox.discarded(gone);
            kept(flight);
        } else {
            inFlight--;
            flight.done.done(
                    -1,
                    failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure);
        }
    }
}
