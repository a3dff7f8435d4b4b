package io.polymq.core.router;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What readers without locks may see of subscriptions; run by {@code StressTest}. */
public final class RouterStress {

    private static final Subject SUBJECT = Subject.ofDotted("a.b");
    private static final Filter EXACT = filter("a.b");
    private static final Filter WILD = filter("a.*");

    private RouterStress() {}

    private static Filter filter(String text) {
        try {
            return Dialect.NATS.parse(text);
        } catch (InvalidSubjectException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }

    static final class Mark extends SubjectTrie.Entry {}

    private static SubjectTrie<Mark> trie() {
        return new SubjectTrie<>(7, 16);
    }

    private static int matches(SubjectTrie<Mark> trie, Subject subject) {
        Matches<Mark> found = new Matches<>();
        trie.match(subject, found);
        return found.size();
    }

    private static boolean finds(SubjectTrie<Mark> trie, Mark wanted) {
        Matches<Mark> found = new Matches<>();
        trie.match(SUBJECT, found);
        for (int i = 0; i < found.size(); i++) {
            if (found.get(i) == wanted) {
                return true;
            }
        }
        return false;
    }

    @JCStressTest
    @Outcome(
            id = {"0, 0", "0, 1", "1, 1"},
            expect = ACCEPTABLE)
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "added before, and not matched")
    @State
    public static class ExactFilterIsSeenOnceAdded {
        private final SubjectTrie<Mark> trie = trie();
        private volatile int added;

        @Actor
        public void add() {
            trie.add(EXACT, new Mark());
            added = 1;
        }

        @Actor
        public void match(II_Result result) {
            result.r1 = added;
            result.r2 = matches(trie, SUBJECT);
        }
    }

    @JCStressTest
    @Outcome(
            id = {"0, 0", "0, 1", "1, 1"},
            expect = ACCEPTABLE)
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "added before, and not matched")
    @State
    public static class WildcardFilterIsSeenOnceAdded {
        private final SubjectTrie<Mark> trie = trie();
        private volatile int added;

        @Actor
        public void add() {
            trie.add(WILD, new Mark());
            added = 1;
        }

        @Actor
        public void match(II_Result result) {
            result.r1 = added;
            result.r2 = matches(trie, SUBJECT);
        }
    }

    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE)
    @Outcome(expect = FORBIDDEN, desc = "missed while its table grew and shrank")
    @State
    public static class GrowthHidesNoFilter {
        private final SubjectTrie<Mark> trie = trie();

        public GrowthHidesNoFilter() {
            trie.add(EXACT, new Mark());
            trie.add(filter("x.0"), new Mark());
        }

        @Actor
        public void grow() {
            Mark[] others = new Mark[8];
            for (int i = 0; i < others.length; i++) {
                others[i] = new Mark();
                trie.add(filter("y." + i), others[i]);
            }
            for (Mark other : others) {
                trie.remove(other);
            }
        }

        @Actor
        public void match(I_Result result) {
            result.r1 = matches(trie, SUBJECT);
        }
    }

    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE)
    @Outcome(expect = FORBIDDEN, desc = "missed while its neighbours came and went")
    @State
    public static class NeighboursHideNoEntry {
        private final SubjectTrie<Mark> trie = trie();
        private final Mark standing = new Mark();
        private final Mark[] neighbours = new Mark[6];

        public NeighboursHideNoEntry() {
            for (int i = 0; i < neighbours.length; i++) {
                neighbours[i] = new Mark();
                trie.add(WILD, neighbours[i]);
                if (i == 2) {
                    trie.add(WILD, standing);
                }
            }
        }

        @Actor
        public void comeAndGo() {
            for (Mark neighbour : neighbours) {
                trie.remove(neighbour);
            }
            trie.add(WILD, neighbours[0]);
        }

        @Actor
        public void match(I_Result result) {
            result.r1 = finds(trie, standing) ? 1 : 0;
        }
    }

    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE)
    @Outcome(expect = FORBIDDEN, desc = "pruned with its neighbour, or not pruned")
    @State
    public static class PruningTakesNoOther {
        private final SubjectTrie<Mark> trie = trie();
        private final Mark leaving = new Mark();

        public PruningTakesNoOther() {
            trie.add(filter("p.*.q"), leaving);
        }

        @Actor
        public void remove() {
            trie.remove(leaving);
        }

        @Actor
        public void add() {
            trie.add(filter("p.*.r"), new Mark());
        }

        @Arbiter
        public void look(II_Result result) {
            result.r1 = matches(trie, Subject.ofDotted("p.x.q"));
            result.r2 = matches(trie, Subject.ofDotted("p.x.r"));
        }
    }

    @JCStressTest
    @Outcome(
            id = {"0, 0", "0, 1", "1, 1"},
            expect = ACCEPTABLE)
    @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "a cached result outlived a subscription")
    @State
    public static class CachedResultsKnowOfSubscriptions {
        private final TrieRouter router = new TrieRouter(new TrieRouter.Limits(16, 4, 100), 7);
        private final Router.Space space = router.space("t");
        private final RouteCache cache = router.newCache();
        private volatile int subscribed;

        public CachedResultsKnowOfSubscriptions() {
            publish();
        }

        private int publish() {
            return space.publish(cache, new Message().begin(SUBJECT, new byte[0], 0, 0));
        }

        @Actor
        public void subscribe() {
            space.subscribe(WILD, null, false, message -> true);
            subscribed = 1;
        }

        @Actor
        public void publish(II_Result result) {
            result.r1 = subscribed;
            result.r2 = publish();
        }
    }
}
