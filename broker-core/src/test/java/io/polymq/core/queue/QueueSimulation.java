package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.QueueModel.Member;
import io.polymq.core.queue.QueueModel.Msg;
import io.polymq.core.queue.QueueModel.State;
import io.polymq.core.queue.QueueSpec.Dispatch;
import io.polymq.core.queue.QueueSpec.Limits;
import io.polymq.core.queue.QueueSpec.Overflow;
import io.polymq.core.queue.QueueSpec.Redelivery;
import io.polymq.storage.Durability;
import io.polymq.storage.ShardStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A queue under random commands, deliveries, deaths and crashes, step by step beside its model. One
 * seed is one history.
 */
final class QueueSimulation implements AutoCloseable {

    private final long seed;
    private final Random random;
    private final ShardStore store;
    private final QueueModel model;
    private Yard yard;
    private Queue queue;
    private final Map<Integer, Queue.Consumption> consumptions = new HashMap<>();
    private final List<String> history = new ArrayList<>();
    private int nextMember;
    private int nextMessage;
    private int open;
    private @Nullable String fault;

    QueueSimulation(long seed, boolean durable) {
        this.seed = seed;
        this.random = new Random(seed);
        this.store = Yard.memoryStore();
        this.model = new QueueModel(spec(durable));
        start(0);
    }

    private QueueSpec spec(boolean durable) {
        Dispatch dispatch = Dispatch.values()[random.nextInt(4)];
        QueueSpec spec =
                (durable ? QueueSpec.DURABLE : QueueSpec.TRANSIENT)
                        .withDispatch(dispatch)
                        .withDeadLetter(this::dead)
                        .withPriorities(dispatch != Dispatch.STICKY_BY_KEY && one(4) ? 3 : 0)
                        .withMessageTtl(one(4) ? Duration.ofMillis(random.nextInt(5000)) : null);
        return spec.withLimits(limits(durable))
                .withRedelivery(
                        new Redelivery(
                                one(3) ? 1 + random.nextInt(4) : -1,
                                one(3)
                                        ? List.of(Duration.ofMillis(100), Duration.ofSeconds(1))
                                        : List.of(),
                                one(2)
                                        ? List.of(Duration.ofMillis(500), Duration.ofSeconds(2))
                                        : List.of(),
                                false));
    }

    /** With the store's threads in between, a refusal depends on what is still being written. */
    private Limits limits(boolean durable) {
        if (one(3)) {
            Overflow overflow =
                    one(2)
                            ? Overflow.DROP_HEAD
                            : one(2) ? Overflow.REJECT : Overflow.REJECT_DEAD_LETTER;
            return new Limits(random.nextInt(8), -1, overflow, one(2) ? 1 + random.nextInt(5) : -1);
        }
        return new Limits(-1, -1, Overflow.DROP_HEAD, one(3) ? 1 + random.nextInt(5) : -1);
    }

    private boolean one(int of) {
        return random.nextInt(of) == 0;
    }

    private void start(long millis) {
        yard = new Yard(store, millis);
        queue = yard.queue("q", model.spec);
        model.now = yard.ticks.now();
    }

    private void dead(
            QueuedMessage message, DeadLetter.Reason reason, Queue from, Receipt receipt) {
        if (message.offset() >= 0) {
            note("dead " + Yard.text(message) + " " + reason);
            check(model.died(Yard.text(message), reason));
        }
    }

    private void check(@Nullable String wrong) {
        if (wrong != null && fault == null) {
            fault = wrong;
        }
    }

    private void note(String what) {
        history.add(what);
        if (history.size() > 400) {
            history.subList(0, 200).clear();
        }
    }

    void run(int steps) {
        for (int step = 0; step < steps; step++) {
            one();
            settle();
            if (fault != null) {
                throw new AssertionError(
                        "seed "
                                + seed
                                + ", step "
                                + step
                                + ": "
                                + fault
                                + "\n"
                                + model.spec
                                + "\n"
                                + String.join(
                                        "\n",
                                        history.subList(
                                                Math.max(0, history.size() - 40), history.size())));
            }
        }
        QueueStatistics now = yard.statistics(queue);
        if (now.ready() != model.ready() || now.inFlight() != model.inFlight()) {
            throw new AssertionError(
                    "seed "
                            + seed
                            + ": "
                            + now
                            + " instead of "
                            + model.ready()
                            + " and "
                            + model.inFlight());
        }
    }

    private void settle() {
        yard.settle();
        if (fault == null && (open > 0 || model.unfinished() != null)) {
            try {
                yard.await(() -> fault != null || open == 0 && model.unfinished() == null);
            } catch (AssertionError never) {
                check("unfinished: " + model.unfinished() + ", " + open + " receipts open");
            }
        }
    }

    private void one() {
        int kind = random.nextInt(100);
        if (kind < 35) {
            publish();
        } else if (kind < 42) {
            join();
        } else if (kind < 46) {
            withMember(this::leave);
        } else if (kind < 58) {
            withMember(this::credit);
        } else if (kind < 60) {
            withMember(this::drain);
        } else if (kind < 75) {
            withHeld(this::ack);
        } else if (kind < 80) {
            withHeld(this::nack);
        } else if (kind < 84) {
            withHeld(this::release);
        } else if (kind < 86) {
            withHeld(this::reject);
        } else if (kind < 88) {
            withHeld(this::extend);
        } else if (kind < 90) {
            withMember(this::get);
        } else if (kind < 97) {
            pass();
        } else if (kind < 98) {
            pause();
        } else if (one(4)) {
            purge();
        } else if (one(3) && model.spec.durability() != Durability.MEMORY) {
            crash();
        }
    }

    private void publish() {
        String text = "m" + nextMessage++;
        int priority = random.nextInt(4);
        String key = "k" + random.nextInt(6);
        long expiresAt = one(5) ? model.now + random.nextInt(3000) : -1;
        note("publish " + text + " " + key + " p" + priority + " x" + (expiresAt - model.now));
        KeptMessage message = Yard.message(key, text, expiresAt, priority);
        boolean refused = model.refuses();
        Msg msg =
                new Msg(
                        text,
                        Math.min(priority, Math.max(0, model.spec.priorities() - 1)),
                        key,
                        expiry(expiresAt),
                        model.now);
        msg.offset = nextMessage;
        if (!refused) {
            model.published(msg);
        }
        open++;
        Receipt receipt =
                new Receipt(
                        failure -> {
                            open--;
                            if ((failure != null) != refused) {
                                check(
                                        text
                                                + ": refused "
                                                + (failure != null)
                                                + " instead of "
                                                + refused);
                            }
                        });
        receipt.expect();
        receipt.seal();
        queue.publish(message, receipt);
    }

    private long expiry(long own) {
        Duration ttl = model.spec.messageTtl();
        long ours = ttl == null ? -1 : model.now + ttl.toMillis();
        return own < 0 ? ours : ours < 0 ? own : Math.min(own, ours);
    }

    private void join() {
        if (consumptions.size() >= 6) {
            return;
        }
        int id = nextMember++;
        Member member = new Member(id, random.nextInt(3), one(6), random.nextInt(5));
        note(
                "join "
                        + id
                        + " priority "
                        + member.priority
                        + " credit "
                        + member.credit
                        + (member.auto ? " auto" : ""));
        model.joined(member);
        consumptions.put(
                id,
                queue.consume(
                        new Queue.ConsumerSpec(
                                member.credit, member.priority, false, member.auto, "c" + id),
                        new Queue.Consumer() {
                            @Override
                            public boolean deliver(QueuedMessage message, Queue.Consumption by) {
                                note(
                                        "deliver "
                                                + Yard.text(message)
                                                + " to "
                                                + id
                                                + " #"
                                                + message.deliveries());
                                Msg known = model.byText.get(Yard.text(message));
                                check(model.delivered(id, message, Yard.text(message)));
                                offsets.put(Yard.text(message), message.offset());
                                return known != null;
                            }

                            @Override
                            public void cancelled(String reason) {
                                check("cancelled " + reason);
                            }
                        }));
    }

    private final Map<String, Long> offsets = new HashMap<>();

    private interface OnMember {
        void act(Member member, Queue.Consumption consumption);
    }

    private void withMember(OnMember action) {
        if (!model.members.isEmpty()) {
            List<Member> all = List.copyOf(model.members.values());
            Member member = all.get(random.nextInt(all.size()));
            action.act(member, consumptions.get(member.id));
        }
    }

    private void leave(Member member, Queue.Consumption consumption) {
        note("leave " + member.id);
        consumption.close();
        consumptions.remove(member.id);
        model.left(member.id);
    }

    private void credit(Member member, Queue.Consumption consumption) {
        int more = 1 + random.nextInt(4);
        note("credit " + member.id + " +" + more);
        consumption.credit(more);
        model.credit(member.id, more);
    }

    private void drain(Member member, Queue.Consumption consumption) {
        int expected = member.credit;
        note("drain " + member.id);
        consumption.drain(
                left ->
                        check(
                                left == expected
                                        ? null
                                        : "drained " + left + " instead of " + expected));
        model.drained(member.id);
    }

    private void get(Member member, Queue.Consumption consumption) {
        if (member.auto || model.spec.dispatch() == Dispatch.STICKY_BY_KEY) {
            return;
        }
        open++;
        queue.get(
                consumption,
                message -> {
                    open--;
                    String text = message == null ? null : Yard.text(message);
                    note("get " + text);
                    if (message != null) {
                        offsets.put(text, message.offset());
                    }
                    check(model.got(member.id, message, text));
                });
    }

    private interface OnHeld {
        void act(Msg message, long offset, Queue.Consumption consumption);
    }

    private void withHeld(OnHeld action) {
        List<Msg> held = model.in(State.IN_FLIGHT);
        if (!held.isEmpty()) {
            Msg message = held.get(random.nextInt(held.size()));
            action.act(message, offsets.get(message.text), consumptions.get(message.holder));
        }
    }

    private void ack(Msg message, long offset, Queue.Consumption by) {
        note("ack " + message.text);
        if (one(3)) {
            Receipt receipt =
                    new Receipt(
                            failure -> {
                                open--;
                                check(failure == null ? null : "ack failed: " + failure);
                            });
            open++;
            receipt.expect();
            receipt.seal();
            by.ack(offset, receipt);
        } else {
            by.ack(offset, null);
        }
        model.gone(message);
    }

    private void nack(Msg message, long offset, Queue.Consumption by) {
        long delay = one(2) ? 0 : random.nextInt(2000);
        note("nack " + message.text + " " + delay);
        by.nack(offset, Duration.ofMillis(delay));
        model.failed(
                message,
                true,
                Math.max(delay, model.spec.redelivery().backOffMillis(message.deliveries)));
    }

    private void release(Msg message, long offset, Queue.Consumption by) {
        boolean counted = one(2);
        note("release " + message.text + " " + counted);
        by.release(offset, counted);
        model.failed(message, counted, 0);
    }

    private void reject(Msg message, long offset, Queue.Consumption by) {
        note("reject " + message.text);
        by.reject(offset);
        model.rejected(message);
    }

    private void extend(Msg message, long offset, Queue.Consumption by) {
        note("extend " + message.text);
        by.extend(offset);
        model.extended(message);
    }

    private void pass() {
        long millis = one(4) ? random.nextInt(5000) : random.nextInt(300);
        note("pass " + millis);
        model.passed(model.now + millis);
        yard.pass(Duration.ofMillis(millis));
    }

    private void pause() {
        model.paused = !model.paused;
        note("paused " + model.paused);
        queue.pause(model.paused);
    }

    private void purge() {
        note("purge");
        int expected = model.purged();
        long purged = yard.get(queue.purge());
        check(purged == expected ? null : "purged " + purged + " instead of " + expected);
    }

    private void crash() {
        note("crash");
        yard.settle();
        long millis = model.now - Yard.EPOCH;
        consumptions.clear();
        model.crashed();
        start(millis);
        model.passed(model.now);
    }

    @Override
    public void close() {
        store.close();
    }
}
