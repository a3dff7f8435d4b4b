package io.polymq.amqp.v1.message;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.Tag;

/** Any bytes as a message. */
@Tag("fuzz")
class MessageFuzzTest {

    private final Ordeal ordeal = new Ordeal();

    @FuzzTest(maxDuration = "5m")
    void aMessage(byte[] bytes) {
        ordeal.through(bytes);
    }
}
