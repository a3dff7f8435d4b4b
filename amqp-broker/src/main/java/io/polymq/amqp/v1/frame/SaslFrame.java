package io.polymq.amqp.v1.frame;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Frames of the security layer. */
public sealed interface SaslFrame {

    int OK = 0;
    int AUTH = 1;
    int SYS_TEMP = 4;

    record Mechanisms(List<String> names) implements SaslFrame {}

    record Init(String mechanism, byte @Nullable [] response, @Nullable String hostname)
            implements SaslFrame {}

    record Challenge(byte[] bytes) implements SaslFrame {}

    record Response(byte[] bytes) implements SaslFrame {}

    record Outcome(int code, byte @Nullable [] additional) implements SaslFrame {}
}
