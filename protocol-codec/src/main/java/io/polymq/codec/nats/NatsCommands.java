package io.polymq.codec.nats;

/**
 * What a client said, one call per command, in order. All arguments are places in the parsed array
 * and valid only during the call; a length of zero means that an optional argument was not given.
 */
public interface NatsCommands {

    /** {@code CONNECT}: the JSON between the verb and the line's end. */
    void connect(byte[] bytes, int json, int jsonLength);

    /**
     * {@code PUB} (whose {@code headerLength} is -1) and {@code HPUB}, payload and its line end
     * included. The bytes from {@code tail} on are {@code [reply ] size CRLF payload CRLF} as the
     * client sent them, or for HPUB {@code [reply ]headerSize totalSize CRLF headers payload CRLF};
     * {@code tail} is -1 when the client's spacing is not the plain one that {@code MSG} and {@code
     * HMSG} use.
     */
    void publish(
            byte[] bytes,
            int subject,
            int subjectLength,
            int reply,
            int replyLength,
            int body,
            int headerLength,
            int totalLength,
            int tail);

    /** {@code SUB}. */
    void subscribe(
            byte[] bytes,
            int subject,
            int subjectLength,
            int queue,
            int queueLength,
            int sid,
            int sidLength);

    /** {@code UNSUB}; {@code max} is zero when none was given. */
    void unsubscribe(byte[] bytes, int sid, int sidLength, int max);

    void ping();

    void pong();

    /** {@code -ERR} of a client: no client sends one. */
    void error();
}
