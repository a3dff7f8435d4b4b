package io.polymq.mq9;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The fetches of a group. One is served at a time, the others wait behind it: what is ready is
 * taken from the most urgent priority down; when there is nothing, each priority is asked for its
 * next mail, and the first that comes ends the waiting. Shard zone.
 *
 * <pre>
 *   IDLE -- a fetch --> TAKING -- mail, or late --> IDLE
 *                        |  ^
 *                  no mail  '-- SETTLING <-- mail, late, another fetch that must not wait --.
 *                        '--> WAITING ------------------------------------------------------'
 * </pre>
 */
final class GroupPolls {

    private static final int MAX_POLLS = 1024;

    private enum State {
        IDLE,
        TAKING,
        WAITING,
        SETTLING
    }

    private final LiveMailbox mailbox;
    private final String name;
    private final List<GroupLevel> levels;
    private final GroupHoldings holdings;
    private final Function<Start, CompletableFuture<Void>> seek;
    private final MailZone zone;
    private final ArrayDeque<Poll> polls = new ArrayDeque<>();
    private State state = State.IDLE;
    private @Nullable Poll current;
    private boolean ended;

    /**
     * @param levels by priority; filled before the first fetch
     * @param seek moves the group's position
     */
    GroupPolls(
            LiveMailbox mailbox,
            String name,
            List<GroupLevel> levels,
            GroupHoldings holdings,
            Function<Start, CompletableFuture<Void>> seek) {
        this.mailbox = mailbox;
        this.name = name;
        this.levels = levels;
        this.holdings = holdings;
        this.seek = seek;
        this.zone = mailbox.zone();
    }

    boolean isIdle() {
        return state == State.IDLE;
    }

    /** Nothing is served any more. */
    void close() {
        ended = true;
    }

    void end(String why) {
        ended = true;
        List<Poll> waiting = new ArrayList<>(polls);
        if (current != null) {
            waiting.addFirst(current);
        }
        polls.clear();
        current = null;
        waiting.forEach(
                poll -> {
                    zone.disarm(poll);
                    poll.taker().failed(why);
                });
    }

    void poll(Poll.Wish wish, Poll.Taker taker) {
        if (polls.size() >= MAX_POLLS) {
            taker.failed("group " + name + " has " + MAX_POLLS + " waiting fetches");
            return;
        }
        Poll poll = new Poll(this, wish, taker);
        if (state == State.WAITING && poll.isLate() && wish.force() == null) {
            taker.take(List.of());
            return;
        }
        if (wish.force() == null) {
            polls.add(poll);
        } else {
            polls.addFirst(poll);
        }
        if (!poll.isLate() && wish.waitMillis() != Poll.FOR_EVER) {
            zone.arm(poll, wish.waitMillis());
        }
        if (state == State.WAITING && wish.force() != null) {
            settle();
        } else {
            next();
        }
    }

    /** A push subscription asks no more. */
    void withdraw(PushSubscription owner) {
        polls.removeIf(poll -> poll.wish().owner() == owner);
        Poll now = current;
        if (now != null && now.wish().owner() == owner && state == State.WAITING) {
            settle();
        }
    }

    private void next() {
        if (state != State.IDLE || ended) {
            return;
        }
        Poll poll = polls.poll();
        if (poll == null) {
            return;
        }
        current = poll;
        state = State.TAKING;
        holdings.releaseLoose();
        Start force = poll.wish().force();
        if (force == null) {
            take(poll);
            return;
        }
        holdings.forget();
        seek.apply(force)
                .whenComplete(
                        (sought, failure) ->
                                zone.execute(
                                        () -> {
                                            if (failure == null) {
                                                take(poll);
                                            } else {
                                                fail(poll, failure);
                                            }
                                        }));
    }

    private void fail(Poll poll, Throwable failure) {
        if (poll != current) {
            return;
        }
        zone.disarm(poll);
        current = null;
        state = State.IDLE;
        poll.taker().failed(Mq9Exception.textOf(failure));
        next();
    }

    /** Asks how much is ready, then takes the most urgent of it. */
    private void take(Poll poll) {
        long[] counts = new long[levels.size()];
        CompletableFuture<?>[] questions = new CompletableFuture<?>[counts.length];
        for (int i = 0; i < counts.length; i++) {
            int level = i;
            questions[i] =
                    levels.get(i)
                            .queue()
                            .statistics()
                            .thenAccept(statistics -> counts[level] = statistics.ready());
        }
        CompletableFuture.allOf(questions)
                .whenComplete(
                        (answered, failure) ->
                                zone.execute(
                                        () -> {
                                            if (failure == null) {
                                                take(poll, counts, 0);
                                            } else {
                                                fail(poll, failure);
                                            }
                                        }));
    }

    private void take(Poll poll, long[] counts, int from) {
        if (poll != current) {
            return;
        }
        for (int i = from; i < counts.length && poll.wanted() > 0; i++) {
            int most = (int) Math.min(poll.wanted(), counts[i]);
            if (most > 0) {
                int next = i + 1;
                levels.get(i)
                        .take(
                                most,
                                mails -> {
                                    if (poll == current) {
                                        poll.got().addAll(mails);
                                    }
                                    take(poll, counts, next);
                                });
                return;
            }
        }
        taken(poll);
    }

    private void taken(Poll poll) {
        boolean forced = !polls.isEmpty() && polls.peek().wish().force() != null;
        if (!poll.got().isEmpty() || poll.isLate()) {
            finish(poll);
        } else if (forced) {
            stepBack(poll);
        } else {
            state = State.WAITING;
            levels.forEach(GroupLevel::await);
            answerLate();
        }
    }

    /** There is nothing for those who do not wait. */
    private void answerLate() {
        List<Poll> answered = polls.stream().filter(Poll::isLate).toList();
        polls.removeAll(answered);
        answered.forEach(poll -> poll.taker().take(List.of()));
    }

    /** What a level hands over by itself: the fetch waits no longer. */
    void woken(List<Mail> mails) {
        Poll poll = current;
        if (poll == null || ended) {
            mails.forEach(mail -> level(mail).consumption().release(mail.id(), false));
            return;
        }
        poll.got().addAll(mails);
        if (state == State.WAITING) {
            settle();
        }
    }

    void late(Poll poll) {
        if (poll == current) {
            if (state == State.WAITING) {
                settle();
            }
        } else if (polls.remove(poll)) {
            poll.taker().take(List.of());
        }
    }

    /** Stops waiting; what comes in these moments still counts. */
    private void settle() {
        state = State.SETTLING;
        int[] left = {levels.size()};
        for (GroupLevel level : levels) {
            level.settle(
                    mails -> {
                        Poll poll = current;
                        if (poll != null) {
                            poll.got().addAll(mails);
                            if (--left[0] == 0) {
                                settled(poll);
                            }
                        }
                    });
        }
    }

    private void settled(Poll poll) {
        if (!poll.got().isEmpty() && poll.wanted() > 0) {
            state = State.TAKING;
            take(poll);
        } else if (poll.got().isEmpty() && !poll.isLate()) {
            stepBack(poll);
        } else {
            finish(poll);
        }
    }

    /** It lets another one go first, or is no longer wanted. */
    private void stepBack(Poll poll) {
        current = null;
        state = State.IDLE;
        PushSubscription owner = poll.wish().owner();
        Poll first = polls.poll();
        if (owner == null || owner.isActive()) {
            polls.addFirst(poll);
        }
        if (first != null) {
            polls.addFirst(first);
        }
        next();
    }

    private void finish(Poll poll) {
        zone.disarm(poll);
        List<Mail> mails = poll.got();
        mails.sort(
                (a, b) ->
                        a.priority() == b.priority()
                                ? Long.compare(a.id(), b.id())
                                : a.priority().compareTo(b.priority()));
        int most = Math.min(mails.size(), poll.wish().most());
        int taken = poll.taker().take(mails.subList(0, most));
        List<Mail> handed = mails.subList(0, Math.min(taken, most));
        if (!handed.isEmpty()) {
            holdings.hold(handed, this::level, poll.wish());
            mailbox.parts().metrics().fetched(handed.size());
        }
        for (int i = mails.size() - 1; i >= handed.size(); i--) {
            Mail back = mails.get(i);
            level(back).consumption().release(back.id(), false);
        }
        current = null;
        state = State.IDLE;
        PushSubscription owner = poll.wish().owner();
        if (owner != null) {
            owner.pump();
        }
        next();
    }

    private GroupLevel level(Mail mail) {
        return levels.get(mail.priority().ordinal());
    }
}
