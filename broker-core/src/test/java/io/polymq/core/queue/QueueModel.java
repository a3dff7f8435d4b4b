package io.polymq.core.queue;

import io.polymq.core.queue.QueueSpec.Dispatch;
import io.polymq.core.queue.QueueSpec.Overflow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a queue ought to do, in the plainest way: a list of messages that is searched. It is told of
 * everything that is done to the queue and that the queue does, and says what is wrong with it.
 */
final class QueueModel {

    enum State {
        READY,
        IN_FLIGHT,
        DELAYED
    }

    static final class Msg {
        final String text;
        final int priority;
        final String key;
        final long expiresAt;
        final long enqueuedAt;
        long offset = -1;
        State state = State.READY;
        int deliveries;
        boolean redelivered;
        long timer = -1;
        int holder = -1;

        /** Of before a crash: how often it was delivered need not be remembered exactly. */
        boolean maybeDelivered;

        Msg(String text, int priority, String key, long expiresAt, long enqueuedAt) {
            this.text = text;
            this.priority = priority;
            this.key = key;
            this.expiresAt = expiresAt;
            this.enqueuedAt = enqueuedAt;
        }

        boolean isExpired(long now) {
            return expiresAt >= 0 && expiresAt <= now;
        }
    }

    static final class Member {
        final int id;
        final int priority;
        final boolean auto;
        int credit;

        Member(int id, int priority, boolean auto, int credit) {
            this.id = id;
            this.priority = priority;
            this.auto = auto;
            this.credit = credit;
        }
    }

    QueueSpec spec;
    long now;
    boolean paused;
    final List<Msg> messages = new ArrayList<>();
    final Map<String, Msg> byText = new HashMap<>();
    final TreeMap<Integer, Member> members = new TreeMap<>();

    /** Those with credit, in the order of their turns, by priority, the highest first. */
    private final TreeMap<Integer, List<Member>> rings = new TreeMap<>(Comparator.reverseOrder());

    private final List<Member> inOrderOfComing = new ArrayList<>();
    private @Nullable Member active;
    long dead;

    QueueModel(QueueSpec spec) {
        this.spec = spec;
    }

    private static final Comparator<Msg> ORDER =
            Comparator.<Msg>comparingInt(m -> -m.priority).thenComparingLong(m -> m.offset);

    List<Msg> in(State state) {
        return messages.stream().filter(m -> m.state == state).toList();
    }

    @Nullable Msg head() {
        return messages.stream().filter(m -> m.state == State.READY).min(ORDER).orElse(null);
    }

    long ready() {
        return in(State.READY).size();
    }

    long inFlight() {
        return in(State.IN_FLIGHT).size();
    }

    // What is done to it.

    boolean refuses() {
        QueueSpec.Limits limits = spec.limits();
        return limits.overflow() != Overflow.DROP_HEAD
                && limits.maxMessages() >= 0
                && ready() >= limits.maxMessages()
                && !(ready() == 0 && isHungry() && !paused);
    }

    void published(Msg message) {
        messages.add(message);
        byText.put(message.text, message);
    }

    void joined(Member member) {
        members.put(member.id, member);
        inOrderOfComing.add(member);
        if (active == null) {
            active = member;
        }
        if (member.credit > 0) {
            ring(member).add(member);
        }
    }

    private List<Member> ring(Member member) {
        int priority = spec.dispatch() == Dispatch.PRIORITY ? member.priority : 0;
        return rings.computeIfAbsent(priority, p -> new ArrayList<>());
    }

    void left(int id) {
        Member member = members.remove(id);
        inOrderOfComing.remove(member);
        ring(member).remove(member);
        if (active == member) {
            active =
                    inOrderOfComing.stream()
                            .min(Comparator.comparingInt(m -> -m.priority))
                            .orElse(null);
        }
        for (Msg message : in(State.IN_FLIGHT)) {
            if (message.holder == id) {
                failed(message, true, 0);
            }
        }
    }

    void credit(int id, int more) {
        Member member = members.get(id);
        boolean had = member.credit > 0;
        member.credit += more;
        if (!had && more > 0) {
            ring(member).add(member);
        }
    }

    void drained(int id) {
        Member member = members.get(id);
        member.credit = 0;
        ring(member).remove(member);
    }

    void gone(Msg message) {
        messages.remove(message);
        byText.remove(message.text);
    }

    void failed(Msg message, boolean counted, long delay) {
        message.holder = -1;
        message.redelivered = true;
        if (!counted) {
            message.deliveries--;
        }
        int most = spec.redelivery().maxDeliveries();
        if (most > 0 && message.deliveries >= most) {
            die(message, DeadLetter.Reason.MAX_DELIVERIES);
        } else if (delay > 0) {
            message.state = State.DELAYED;
            message.timer = now + delay;
        } else {
            waitAgain(message);
        }
    }

    private void waitAgain(Msg message) {
        if (message.isExpired(now)) {
            die(message, DeadLetter.Reason.EXPIRED);
        } else {
            message.state = State.READY;
            message.timer = -1;
        }
    }

    final List<String> expectedDead = new ArrayList<>();

    private void die(Msg message, DeadLetter.Reason reason) {
        gone(message);
        expectedDead.add(message.text + " " + reason);
    }

    void rejected(Msg message) {
        die(message, DeadLetter.Reason.REJECTED);
    }

    void passed(long to) {
        now = to;
        for (Msg message : List.copyOf(messages)) {
            switch (message.state) {
                case READY -> {
                    if (message.isExpired(now)) {
                        die(message, DeadLetter.Reason.EXPIRED);
                    }
                }
                case IN_FLIGHT -> {
                    if (message.timer >= 0 && message.timer <= now) {
                        failed(message, true, spec.redelivery().backOffMillis(message.deliveries));
                    }
                }
                case DELAYED -> {
                    if (message.timer <= now) {
                        waitAgain(message);
                    }
                }
            }
        }
    }

    int purged() {
        List<Msg> gone = messages.stream().filter(m -> m.state != State.IN_FLIGHT).toList();
        gone.forEach(this::gone);
        return gone.size();
    }

    /** The process ended without a word: all consumers are gone, attempts may be known or not. */
    void crashed() {
        for (Msg message : messages) {
            message.redelivered |= message.deliveries > 0;
            message.maybeDelivered = true;
            message.state = State.READY;
            message.timer = -1;
            message.holder = -1;
        }
        members.clear();
        rings.clear();
        inOrderOfComing.clear();
        active = null;
        paused = false;
    }

    // What it does.

    boolean isHungry() {
        return switch (spec.dispatch()) {
            case SINGLE_ACTIVE -> active != null && active.credit > 0;
            case ROUND_ROBIN, PRIORITY, STICKY_BY_KEY ->
                    members.values().stream().anyMatch(m -> m.credit > 0);
        };
    }

    boolean mayDeliver() {
        int most = spec.limits().maxInFlight();
        return !paused && isHungry() && (most < 0 || inFlight() < most);
    }

    private @Nullable Member expectedTaker() {
        return switch (spec.dispatch()) {
            case SINGLE_ACTIVE -> active;
            case ROUND_ROBIN, PRIORITY ->
                    rings.values().stream()
                            .filter(ring -> !ring.isEmpty())
                            .map(List::getFirst)
                            .findFirst()
                            .orElse(null);
            case STICKY_BY_KEY -> null;
        };
    }

    /** Null when it is right. */
    @Nullable String delivered(int id, QueuedMessage delivery, String text) {
        Msg message = byText.get(text);
        Member member = members.get(id);
        if (message == null || message.state != State.READY) {
            return text + " does not wait: " + (message == null ? "unknown" : message.state);
        }
        if (member == null || member.credit <= 0) {
            return text + " goes to " + id + ", which has no credit";
        }
        if (!mayDeliver()) {
            return text + " is delivered though nothing may be";
        }
        if (message.isExpired(now) && message.expiresAt > message.enqueuedAt) {
            return text + " has expired";
        }
        if (message.offset < 0) {
            message.offset = delivery.offset();
        }
        boolean sticky = spec.dispatch() == Dispatch.STICKY_BY_KEY;
        if (sticky) {
            String wrong = stickyFault(message, id);
            if (wrong != null) {
                return wrong;
            }
        } else if (head() != message) {
            return text + " is not the first of those that wait, " + head().text + " is";
        } else if (expectedTaker() != member) {
            return text + " goes to " + id + " instead of " + expectedTaker().id;
        }
        spend(member);
        return taken(message, delivery, member.auto ? -2 : id);
    }

    private @Nullable String stickyFault(Msg message, int id) {
        for (Msg other : messages) {
            boolean sameKey = other.key.equals(message.key) && other.priority == message.priority;
            if (sameKey && other.state == State.IN_FLIGHT && other.holder != id) {
                return message.text + " goes to " + id + ", its key is at " + other.holder;
            }
            if (sameKey
                    && other.state == State.READY
                    && other.offset >= 0
                    && other.offset < message.offset) {
                return message.text + " overtakes " + other.text + " of the same key";
            }
        }
        return null;
    }

    private void spend(Member member) {
        List<Member> ring = ring(member);
        ring.remove(member);
        member.credit--;
        if (member.credit > 0) {
            ring.add(member);
        }
    }

    @Nullable String got(int id, @Nullable QueuedMessage delivery, @Nullable String text) {
        Msg head = paused ? null : head();
        if (delivery == null || text == null) {
            return head == null ? null : "get finds nothing though " + head.text + " waits";
        }
        if (head == null || !head.text.equals(text)) {
            return "get finds " + text + " instead of " + (head == null ? "nothing" : head.text);
        }
        return taken(head, delivery, id);
    }

    private @Nullable String taken(Msg message, QueuedMessage delivery, int holder) {
        message.deliveries++;
        if (message.maybeDelivered) {
            message.deliveries = Math.max(message.redelivered ? 2 : 1, delivery.deliveries());
            message.maybeDelivered = false;
        }
        if (delivery.deliveries() != message.deliveries) {
            return message.text
                    + ": delivery "
                    + delivery.deliveries()
                    + " instead of "
                    + message.deliveries;
        }
        if (message.redelivered && !delivery.redelivered()) {
            return message.text + " is not flagged as redelivered";
        }
        message.state = State.IN_FLIGHT;
        message.holder = holder;
        if (holder == -2) {
            gone(message);
            return null;
        }
        extended(message);
        return null;
    }

    void extended(Msg message) {
        long deadline = spec.redelivery().deadlineMillis(message.deliveries);
        message.timer = deadline > 0 ? now + deadline : -1;
    }

    /** Null when it is right that this one was given up. */
    @Nullable String died(String text, DeadLetter.Reason reason) {
        dead++;
        if (expectedDead.remove(text + " " + reason)) {
            return null;
        }
        Msg message = byText.get(text);
        if (message == null || message.state != State.READY) {
            return text + " died of " + reason + " and does not even wait";
        }
        if (reason == DeadLetter.Reason.EXPIRED && message.isExpired(now)) {
            gone(message);
            return null;
        }
        QueueSpec.Limits limits = spec.limits();
        if (reason == DeadLetter.Reason.MAX_LENGTH
                && limits.overflow() == Overflow.DROP_HEAD
                && limits.maxMessages() >= 0
                && ready() > limits.maxMessages()
                && head() == message) {
            gone(message);
            return null;
        }
        return text + " died of " + reason + " without cause";
    }

    /** What is still to come, now that the queue has had the time; null when all is done. */
    @Nullable String unfinished() {
        if (!expectedDead.isEmpty()) {
            return "not dead yet: " + expectedDead;
        }
        for (Msg message : in(State.READY)) {
            if (message.isExpired(now)) {
                return message.text + " has expired and is there";
            }
        }
        QueueSpec.Limits limits = spec.limits();
        if (limits.overflow() == Overflow.DROP_HEAD
                && limits.maxMessages() >= 0
                && ready() > limits.maxMessages()) {
            return "too many wait: " + ready();
        }
        boolean all =
                spec.dispatch() != Dispatch.STICKY_BY_KEY
                        || members.values().stream().allMatch(m -> m.credit > 0);
        if (mayDeliver() && all && head() != null) {
            return head().text
                    + " waits though "
                    + (expectedTaker() == null ? "all" : expectedTaker().id)
                    + " could take it";
        }
        return null;
    }
}
