package io.polymq.kafka.txn;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.kafka.txn.Step.Reply;
import io.polymq.kafka.txn.TransactionActor.Request;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Producers that share one transactional id, a device that is slow, that fails and that loses what
 * was not forced, a coordinator that dies at any moment, and a clock. After every event the claims
 * of {@link Model} hold.
 */
class TransactionSimulationTest {

    private static final TransactionKey KEY = new TransactionKey("t", "id");
    private static final long ID_EXPIRY = 1_000_000;
    private static final int TIMEOUT = 5_000;

    /** The device, the partitions and the clock, all of one thread. */
    private static final class World implements TransactionActor.World {
        private final Random random;
        private final Model model;
        private final List<Transaction> log = new ArrayList<>();
        private final ArrayDeque<Runnable> pending = new ArrayDeque<>();
        private int forced;
        private long now = 1_000;
        private long nextId = 100;

        World(Random random, Model model) {
            this.random = random;
            this.model = model;
        }

        @Override
        public long now() {
            return now;
        }

        private void later(Runnable action) {
            if (random.nextInt(3) == 0) {
                action.run();
            } else {
                pending.add(action);
            }
        }

        void step() {
            Runnable next = pending.poll();
            if (next != null) {
                next.run();
            }
        }

        @Override
        public CompletableFuture<Long> producerId() {
            CompletableFuture<Long> id = new CompletableFuture<>();
            later(() -> id.complete(nextId++));
            return id;
        }

        @Override
        public CompletableFuture<?> store(TransactionKey key, Transaction next) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            if (random.nextInt(25) == 0) {
                later(() -> done.completeExceptionally(new IllegalStateException("no space")));
                return done;
            }
            log.add(next);
            int end = log.size();
            later(
                    () -> {
                        forced = Math.max(forced, end);
                        done.complete(null);
                    });
            return done;
        }

        @Override
        public void note(TransactionKey key, Transaction next) {
            log.add(next);
        }

        @Override
        public CompletableFuture<?> forget(TransactionKey key) {
            throw new AssertionError("no id is idle for so long here");
        }

        @Override
        public CompletableFuture<Void> complete(TransactionKey key, Transaction prepared) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            List<Participant> left = new ArrayList<>(prepared.participants());
            marker(prepared, left, done);
            return done;
        }

        private void marker(
                Transaction prepared, List<Participant> left, CompletableFuture<Void> done) {
            later(
                    () -> {
                        if (left.isEmpty()) {
                            done.complete(null);
                        } else if (random.nextInt(5) == 0) {
                            marker(prepared, left, done); // this attempt has failed
                        } else {
                            model.marked(left.removeLast(), prepared);
                            marker(prepared, left, done);
                        }
                    });
        }

        @Override
        public void gone(TransactionActor actor) {
            throw new AssertionError();
        }

        /** What a restart finds: all that was forced, and of the rest as much as luck has it. */
        @Nullable Transaction crash() {
            pending.clear();
            int kept = forced + random.nextInt(log.size() - forced + 1);
            log.subList(kept, log.size()).clear();
            forced = log.size();
            return log.isEmpty() ? null : log.getLast();
        }
    }

    /** What each partition has seen, and what was promised. */
    private static final class Model {
        private final Map<Participant, List<Transaction>> markers = new HashMap<>();
        private final Set<Participant> open = new HashSet<>();
        private final Map<Participant, Owner> owners = new HashMap<>();
        private final Set<Owner> handedOut = new HashSet<>();
        private final Map<Owner, Boolean> promised = new HashMap<>();
        private final Map<Owner, Boolean> seen = new HashMap<>();

        private record Owner(long producerId, short epoch) {}

        /** A producer was told that it may write with this. */
        void handedOut(long producerId, short epoch, boolean again) {
            boolean fresh = handedOut.add(new Owner(producerId, epoch));
            assertThat(fresh || again).as("an epoch is given out once").isTrue();
        }

        /** A producer writes, which it may only when the coordinator has let it. */
        void written(Participant where, long producerId, short epoch) {
            Owner owner = new Owner(producerId, epoch);
            if (open.add(where)) {
                owners.put(where, owner);
            } else {
                assertThat(owners.get(where)).as("one transaction at a time").isEqualTo(owner);
            }
        }

        void promised(long producerId, short epoch, boolean commit) {
            Boolean before = promised.put(new Owner(producerId, epoch), commit);
            assertThat(before == null || before == commit).isTrue();
        }

        void marked(Participant where, Transaction how) {
            markers.computeIfAbsent(where, _ -> new ArrayList<>()).add(how);
            if (!open.remove(where)) {
                return;
            }
            Owner owner = owners.remove(where);
            boolean commit = how.phase() == Transaction.Phase.PREPARE_COMMIT;
            assertThat(how.epoch()).isGreaterThanOrEqualTo(owner.epoch);
            if (how.epoch() == owner.epoch) {
                return; // older clients end many transactions in one epoch
            }
            Boolean before = seen.put(owner, commit);
            assertThat(before == null || before == commit)
                    .as("all partitions see the same outcome")
                    .isTrue();
            Boolean promise = promised.get(owner);
            assertThat(promise == null || promise == commit)
                    .as("what was answered is what happens")
                    .isTrue();
        }
    }

    /** A producer as a client would be: it believes what it was told. */
    private static final class Client {
        private long producerId = -1;
        private short epoch = -1;
        private boolean modern;
        private boolean inTransaction;
        private boolean busy;
    }

    private final List<Participant> places =
            List.of(
                    new Participant.Partition(new UUID(1, 1), 0),
                    new Participant.Partition(new UUID(1, 1), 1),
                    new Participant.Offsets(2));

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void whatIsPromisedHappensWhateverFails(int block) {
        for (int seed = block * 250; seed < (block + 1) * 250; seed++) {
            try {
                simulate(new Random(seed));
            } catch (AssertionError failed) {
                throw new AssertionError("seed " + seed, failed);
            }
        }
    }

    private void simulate(Random random) {
        Model model = new Model();
        World world = new World(random, model);
        TransactionActor actor = new TransactionActor(KEY, null, world);
        List<Client> clients = List.of(new Client(), new Client(), new Client());
        clients.get(1).modern = true;
        clients.get(2).modern = true;
        for (int event = 0; event < 300; event++) {
            int dice = random.nextInt(100);
            if (dice < 55) {
                world.step();
            } else if (dice < 92) {
                act(random, clients.get(random.nextInt(clients.size())), actor, model);
            } else if (dice < 97) {
                world.now += random.nextInt(3_000);
                actor.submit(
                        request(
                                (known, _, now) -> TransactionRules.expire(known, ID_EXPIRY, now),
                                _ -> {}));
                actor.tick();
            } else {
                actor = restart(world);
                clients.forEach(client -> client.busy = false);
            }
        }
        settle(world, actor, model);
    }

    private static TransactionActor restart(World world) {
        TransactionActor actor = new TransactionActor(KEY, world.crash(), world);
        actor.resume();
        return actor;
    }

    /** In the end a newcomer takes the id, and nothing stays open anywhere. */
    private static void settle(World world, TransactionActor actor, Model model) {
        for (int i = 0; i < 2_000 && !world.pending.isEmpty(); i++) {
            world.step();
        }
        List<Errors> answers = new ArrayList<>();
        for (int tries = 0; tries < 50 && !answers.contains(Errors.NONE); tries++) {
            actor.submit(
                    request(
                            (known, fresh, now) ->
                                    TransactionRules.init(
                                            known, TIMEOUT, -1, (short) -1, fresh, now),
                            reply -> answers.add(reply.error())));
            for (int i = 0; i < 2_000 && !world.pending.isEmpty(); i++) {
                world.step();
            }
        }
        assertThat(answers).contains(Errors.NONE);
        assertThat(model.open).as("no reader is stuck").isEmpty();
        model.promised.forEach(
                (owner, commit) -> {
                    Boolean outcome = model.seen.get(owner);
                    assertThat(outcome == null || outcome.equals(commit)).isTrue();
                });
    }

    private void act(Random random, Client client, TransactionActor actor, Model model) {
        if (client.busy) {
            return;
        }
        client.busy = true;
        if (client.producerId < 0 || random.nextInt(12) == 0) {
            init(random, client, actor, model);
        } else if (!client.inTransaction || random.nextInt(3) > 0) {
            Participant place = places.get(random.nextInt(places.size()));
            long id = client.producerId;
            short epoch = client.epoch;
            actor.submit(
                    request(
                            (known, _, now) ->
                                    TransactionRules.join(known, id, epoch, Set.of(place), now),
                            reply -> {
                                client.busy = false;
                                if (reply.error() == Errors.NONE) {
                                    client.inTransaction = true;
                                    if (actor.open() != null) {
                                        model.written(place, id, epoch);
                                    }
                                } else {
                                    forgetWhenFenced(client, reply.error());
                                }
                            }));
        } else {
            end(random.nextBoolean(), client, actor, model);
        }
    }

    private static void init(Random random, Client client, TransactionActor actor, Model model) {
        boolean goesOn = client.producerId >= 0 && random.nextBoolean();
        long expectedId = goesOn ? client.producerId : -1;
        short expectedEpoch = goesOn ? client.epoch : -1;
        actor.submit(
                request(
                        (known, fresh, now) ->
                                TransactionRules.init(
                                        known, TIMEOUT, expectedId, expectedEpoch, fresh, now),
                        reply -> {
                            client.busy = false;
                            client.inTransaction = false;
                            if (reply.error() == Errors.NONE) {
                                // a request that was sent again gets the same answer again
                                model.handedOut(reply.producerId(), reply.epoch(), goesOn);
                                client.producerId = reply.producerId();
                                client.epoch = reply.epoch();
                            } else {
                                forgetWhenFenced(client, reply.error());
                            }
                        }));
    }

    private static void end(boolean commit, Client client, TransactionActor actor, Model model) {
        long id = client.producerId;
        short epoch = client.epoch;
        actor.submit(
                request(
                        (known, fresh, now) ->
                                TransactionRules.end(
                                        known, id, epoch, commit, client.modern, fresh, now),
                        reply -> {
                            client.busy = false;
                            if (reply.error() == Errors.NONE) {
                                client.inTransaction = false;
                                if (client.modern) {
                                    model.promised(id, epoch, commit);
                                    client.producerId = reply.producerId();
                                    client.epoch = reply.epoch();
                                }
                            } else {
                                forgetWhenFenced(client, reply.error());
                            }
                        }));
    }

    private static void forgetWhenFenced(Client client, Errors error) {
        if (error == Errors.PRODUCER_FENCED || error == Errors.INVALID_PRODUCER_ID_MAPPING) {
            client.producerId = -1;
            client.inTransaction = false;
        }
    }

    private static Request request(TransactionCoordinator.Rule rule, Consumer<Reply> then) {
        return new Request() {
            @Override
            public Step step(@Nullable Transaction known, long freshId, long now) {
                return rule.step(known, freshId, now);
            }

            @Override
            public void answer(Reply reply) {
                then.accept(reply);
            }
        };
    }
}
