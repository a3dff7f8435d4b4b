package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.nats.JetStreamClient.Delivery;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages that have to be read from the log. */
class JetStreamReadTest {

    private static final int MESSAGES = 4_000;
    private static final int READERS = 8;

    @Test
    void readersAtTheSameTimeGetEachItsOwnMessage(@TempDir Path folder) throws Exception {
        try (TestNats nats = TestNats.streaming(folder);
                JetStreamClient client = new JetStreamClient(nats.address())) {
            client.api(
                    "STREAM.CREATE.S",
                    "{\"name\":\"S\",\"subjects\":[\"s.>\"],\"allow_direct\":true}");
            for (int i = 1; i < MESSAGES; i++) {
                client.publish("s." + i, "_INBOX.none", "Number: " + i + "\r\n", "m" + i);
            }
            assertThat(client.put("s." + MESSAGES, "m" + MESSAGES, "Number: " + MESSAGES))
                    .hasToString("{\"stream\":\"S\",\"seq\":" + MESSAGES + "}");
        }
        // After a restart nothing of it is in memory.
        try (TestNats nats = TestNats.streaming(folder);
                ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
            List<Callable<String>> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                int first = i + 1;
                readers.add(() -> wrong(nats, first));
            }
            for (Future<String> reader : threads.invokeAll(readers, 60, TimeUnit.SECONDS)) {
                assertThat(reader.get()).isEmpty();
            }
        }
    }

    /** What came in place of something else. */
    private static String wrong(TestNats nats, int first) throws Exception {
        StringBuilder wrong = new StringBuilder();
        try (JetStreamClient client = new JetStreamClient(nats.address())) {
            String inbox = "own" + first;
            String sid = client.subscribe(inbox);
            for (int i = first; i <= MESSAGES; i += READERS) {
                client.publish("$JS.API.DIRECT.GET.S.s." + i, inbox, "", "");
                Delivery got = client.nextOf(sid);
                if (!got.text().equals("m" + i)
                        || !got.header("Number").equals(Integer.toString(i))
                        || !got.header("Nats-Subject").equals("s." + i)) {
                    wrong.append(i).append(": ").append(got.headers()).append(got.text());
                }
            }
        }
        return wrong.toString();
    }
}
