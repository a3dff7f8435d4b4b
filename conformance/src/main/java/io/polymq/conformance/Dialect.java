package io.polymq.conformance;

import io.polymq.network.CloseReason;
import java.io.ByteArrayOutputStream;
import java.util.Optional;

/** A few bytes of a protocol, from its client's side. */
public interface Dialect {

    /**
     * Logs in. All of it is sent at once; the answer is complete with the login.
     *
     * @param name the client's own name, where the protocol has one
     */
    Exchange hello(String name);

    /**
     * A login that the broker refuses with this answer; empty where the protocol has no login.
     * Behind it the connection must end or still be without a login.
     */
    default Optional<Exchange> refusedHello() {
        return Optional.empty();
    }

    /** A question that any logged-in client may ask as often as it likes. */
    Exchange ping(int number);

    /** The beginning of a packet that is going to have this many bytes: at least its header. */
    byte[] beginningOfPacket(int size);

    /**
     * Published messages after a login, for the rate limit; empty where clients publish nothing.
     */
    default Optional<byte[]> publishing(int messages) {
        return Optional.empty();
    }

    /** Questions of a logged-in client whose answers add up to at least so many bytes. */
    default byte[] demanding(int bytes) {
        ByteArrayOutputStream questions = new ByteArrayOutputStream();
        for (int number = 0; questions.size() < bytes; number++) {
            questions.writeBytes(ping(number).request());
        }
        return questions.toByteArray();
    }

    /**
     * Whether this is what a logged-in client is told when its connection is ended for a reason.
     * What it has been sent before is not in it.
     */
    default boolean isGoodbye(CloseReason.Kind reason, byte[] received) {
        return true;
    }

    /** Whether an auto listener can tell this protocol from its first bytes, or by silence. */
    default boolean isDetectable() {
        return true;
    }
}
