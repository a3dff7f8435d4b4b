package io.polymq.mq9;

import io.polymq.core.zone.WheelTimer;
import io.polymq.storage.Shard;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A fetch without a group: it leaves no trace. Looks through the mailbox from its start; finding
 * nothing, it looks again when mail has come. Shard zone.
 */
final class PassingFetch extends WheelTimer implements LiveMailbox.Waiter {

    private final LiveMailbox mailbox;
    private final Start start;
    private final int most;
    private final Poll.Taker taker;
    private final Semaphore scans;
    private Shard.@Nullable Watch watch;
    private boolean late;
    private boolean looking;
    private boolean done;

    PassingFetch(LiveMailbox mailbox, Start start, int most, Poll.Taker taker, Semaphore scans) {
        this.mailbox = mailbox;
        this.start = start;
        this.most = most;
        this.taker = taker;
        this.scans = scans;
    }

    void begin(long waitMillis) {
        mailbox.add(this);
        if (waitMillis == 0) {
            late = true;
        } else {
            mailbox.zone().arm(this, waitMillis);
        }
        looking = true;
        start.resolve(mailbox.shard())
                .whenComplete(
                        (from, failure) ->
                                mailbox.zone()
                                        .execute(
                                                () -> {
                                                    if (failure == null) {
                                                        look(from);
                                                    } else {
                                                        ended(Mq9Exception.textOf(failure));
                                                    }
                                                }));
    }

    private void look(long from) {
        if (done) {
            return;
        }
        looking = true;
        if (!scans.tryAcquire()) {
            ended("too many queries at once, try again");
            return;
        }
        long end = mailbox.committed().end();
        MailScan scan = ReadCommands.scan(mailbox);
        CompletableFuture.supplyAsync(
                        () -> scan.mostUrgent(from, most), mailbox.parts().core().blocking())
                .whenComplete(
                        (found, failure) -> {
                            scans.release();
                            mailbox.zone()
                                    .execute(() -> looked(Math.max(from, end), found, failure));
                        });
    }

    private void looked(long end, @Nullable List<Mail> found, @Nullable Throwable failure) {
        looking = false;
        if (done) {
            return;
        }
        if (failure != null || found == null) {
            ended(failure == null ? "nothing was found" : Mq9Exception.textOf(failure));
        } else if (!found.isEmpty() || late) {
            finish();
            taker.take(found);
        } else {
            watch = mailbox.committed().watch(end, () -> mailbox.zone().execute(() -> look(end)));
        }
    }

    @Override
    protected void fire() {
        late = true;
        if (!done && !looking) {
            finish();
            taker.take(List.of());
        }
    }

    @Override
    public void ended(String error) {
        if (!done) {
            finish();
            taker.failed(error);
        }
    }

    private void finish() {
        done = true;
        mailbox.zone().disarm(this);
        mailbox.remove(this);
        if (watch != null) {
            watch.close();
        }
    }
}
