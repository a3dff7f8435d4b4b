package io.polymq.core.zone;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** What a mailbox may do with tasks; run by {@code StressTest}. */
public final class MailboxStress {

    private MailboxStress() {}

    private static void take(Mailbox mailbox, StringBuilder into) {
        Mailbox.Batch batch = new Mailbox.Batch();
        int count = mailbox.take(batch);
        for (int i = 0; i < count; i++) {
            into.append(batch.remove(i));
        }
    }

    /** A task that is only ever named. */
    private record Named(String name) implements Runnable {
        @Override
        public void run() {
            throw new AssertionError("tasks are only counted here");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @JCStressTest
    @Outcome(id = "12", expect = ACCEPTABLE)
    @Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
    @State
    public static class EachTaskIsTakenOnceInOrder {
        private final Mailbox mailbox = new Mailbox();
        private final StringBuilder taken = new StringBuilder();

        @Actor
        public void put() {
            mailbox.put(new Named("1"));
            mailbox.put(new Named("2"));
        }

        @Actor
        public void take() {
            MailboxStress.take(mailbox, taken);
        }

        @Arbiter
        public void takeTheRest(L_Result result) {
            MailboxStress.take(mailbox, taken);
            result.r1 = taken.toString();
        }
    }

    @JCStressTest
    @Outcome(
            id = {"-1, 0", "1, 1"},
            expect = ACCEPTABLE)
    @Outcome(expect = FORBIDDEN, desc = "accepted and lost, or refused and kept")
    @State
    public static class AcceptedTasksOutliveTheClosing {
        private final Mailbox mailbox = new Mailbox();

        @Actor
        public void put(II_Result result) {
            result.r1 = mailbox.put(new Named("1"));
        }

        @Actor
        public void close() {
            mailbox.close();
        }

        @Arbiter
        public void count(II_Result result) {
            result.r2 = mailbox.take(new Mailbox.Batch());
        }
    }
}
