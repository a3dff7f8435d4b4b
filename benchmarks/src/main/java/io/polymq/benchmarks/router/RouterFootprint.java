package io.polymq.benchmarks.router;

import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.router.TrieRouter;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What a million subscriptions take of the heap, and how fast they come and go. */
public final class RouterFootprint {

    private RouterFootprint() {}

    public static void main(String[] args) throws InvalidSubjectException {
        Sink sink = message -> true;
        TrieRouter router = new TrieRouter(TrieRouter.Limits.DEFAULT, 1);
        Router.Space space = router.space("default");
        long before = used();
        long text = 0;
        int count = SubscriptionLoad.size();
        long begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
            String filter = SubscriptionLoad.filter(i);
            text += filter.getBytes(StandardCharsets.UTF_8).length;
            space.subscribe(Dialect.MQTT.parse(filter), null, false, sink);
        }
        long took = System.nanoTime() - begun;
        double each = (double) (used() - before) / count;
        print("heap per subscription, bytes", each);
        print("of that the filter's own text", (double) text / count);
        print("subscribing, per second", count * 1e9 / took);
        begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
            Filter filter = Filter.exactly(Subject.ofDotted("_INBOX.c" + i % 50_000 + ".r"));
            space.subscribe(filter, null, false, sink).close();
        }
        print(
                "subscribing and leaving, pairs per second",
                count * 1e9 / (System.nanoTime() - begun));
        print("subscriptions", space.size());
    }

    private static void print(String what, double number) {
        System.out.printf(Locale.ROOT, "%-45s %,.0f%n", what, number);
    }

    private static long used() {
        for (int i = 0; i < 4; i++) {
            System.gc();
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
