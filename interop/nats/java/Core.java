import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Dispatcher;
import io.nats.client.ErrorListener;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.Subscription;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** jnats as it comes from Maven Central: core messaging and logins. */
class Core {
    static final String URL = "nats://" + System.getenv("POLYMQ_HOST") + ":" + System.getenv("NATS_PORT");

    interface Case {
        void run() throws Exception;
    }

    static void test(String name, Case run) {
        try {
            run.run();
            System.out.println("ok " + name);
        } catch (Throwable e) {
            System.out.println("FAIL " + name + ": " + e);
        }
    }

    static void check(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static Connection connect() throws Exception {
        return Nats.connect(new Options.Builder().server(URL).build());
    }

    public static void main(String[] args) {
        test("a message arrives with its headers", () -> {
            try (Connection nc = connect()) {
                Subscription sub = nc.subscribe("java.>");
                nc.publish(NatsMessage.builder().subject("java.a").headers(new Headers().add("A", "1", "2")).data("hi").build());
                Message m = sub.nextMessage(Duration.ofSeconds(5));
                check(new String(m.getData()).equals("hi") && m.getHeaders().get("A").equals(List.of("1", "2")), m);
            }
        });
        test("5,000 requests at once are answered", () -> {
            try (Connection nc = connect(); Connection svc = connect()) {
                Dispatcher d = svc.createDispatcher(m -> svc.publish(m.getReplyTo(), m.getData()));
                d.subscribe("java.ask", "w");
                svc.flush(Duration.ofSeconds(5));
                List<CompletableFuture<Message>> answers = new ArrayList<>();
                for (int i = 0; i < 5000; i++) {
                    answers.add(nc.request("java.ask", ("" + i).getBytes()));
                }
                for (int i = 0; i < 5000; i++) {
                    check(new String(answers.get(i).get(20, TimeUnit.SECONDS).getData()).equals("" + i), i);
                }
            }
        });
        test("no responders", () -> {
            try (Connection nc = connect()) {
                CompletableFuture<Message> answer = nc.request("java.nobody", new byte[0]);
                try {
                    answer.get(5, TimeUnit.SECONDS);
                    throw new AssertionError("answered");
                } catch (java.util.concurrent.CancellationException | java.util.concurrent.ExecutionException expected) {
                    // told by a 503
                }
            }
        });
        test("drain delivers what was on its way", () -> {
            Connection nc = connect();
            CountDownLatch got = new CountDownLatch(1000);
            Dispatcher d = nc.createDispatcher(m -> got.countDown());
            d.subscribe("java.drain");
            for (int i = 0; i < 1000; i++) {
                nc.publish("java.drain", new byte[1]);
            }
            check(nc.drain(Duration.ofSeconds(10)).get(10, TimeUnit.SECONDS), "not drained");
            check(got.getCount() == 0, got.getCount());
        });
        test("permissions are told", () -> {
            CompletableFuture<String> told = new CompletableFuture<>();
            ErrorListener listener = new ErrorListener() {
                @Override
                public void errorOccurred(Connection c, String error) {
                    told.complete(error);
                }
            };
            Options options = new Options.Builder().server(URL).userInfo("reader", "reader").errorListener(listener).build();
            try (Connection nc = Nats.connect(options)) {
                nc.publish("closed.x", new byte[0]);
                check(told.get(5, TimeUnit.SECONDS).toLowerCase().contains("permissions violation"), told);
            }
        });
        test("a wrong password is refused", () -> {
            try {
                Nats.connect(new Options.Builder().server(URL).userInfo("app", "no").noReconnect().build());
                throw new AssertionError("got in");
            } catch (java.io.IOException expected) {
                check(expected.getMessage().toLowerCase().contains("auth"), expected);
            }
        });
        test("server facts", () -> {
            try (Connection nc = connect()) {
                check(nc.getServerInfo().getVersion().startsWith("2.12."), nc.getServerInfo());
                check(nc.RTT().toNanos() > 0, "no RTT");
            }
        });
        System.exit(0);
    }
}
