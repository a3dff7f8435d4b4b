package io.polymq.mq9;

import static io.polymq.mq9.Mq9Rig.payloads;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an orderly end and a new start leave as it was. */
class RestartTest {

    @Test
    void mailboxesMailPositionsAndAgentsSurviveARestart(@TempDir Path folder) {
        try (Mq9Rig rig = Mq9Rig.onDisk(folder)) {
            rig.create("a", body -> body.put("max_attempts", 7));
            rig.create("idle");
            rig.send("a", "0");
            rig.send("a", "1", Map.of("mq9-priority", "urgent"));
            rig.send("a", "2");
            assertThat(rig.fetched("a", "g")).containsExactly("1", "0", "2");
            rig.ack("a", "g", 0);
            assertThat(payloads(rig.fetch("a", "late", body -> body.put("deliver", "latest"))))
                    .isEmpty();
            rig.ask("$mq9.AI.AGENT.REGISTER", "{\"name\":\"n\",\"payload\":\"digs\"}");
        }
        try (Mq9Rig rig = Mq9Rig.onDisk(folder)) {
            assertThat(rig.fetched("a", "g")).containsExactly("1", "2");
            assertThat(rig.send("a", "3")).isEqualTo(3);
            assertThat(payloads(rig.fetch("a", "late", body -> body.put("deliver", "earliest"))))
                    .as("its start was settled before")
                    .containsExactly("3");
            assertThat(rig.send("idle", "x")).isZero();
            assertThat(
                            rig.ask("$mq9.AI.AGENT.DISCOVER", "{\"text\":\"dig\"}")
                                    .path("total")
                                    .asInt())
                    .isEqualTo(1);
        }
    }
}
