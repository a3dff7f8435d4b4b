package io.polymq.conformance;

/** Tells from the bytes that a client has received whether the answer it waits for is there. */
@FunctionalInterface
public interface Answer {

    /** What {@link #end} says while bytes are missing. */
    int MORE = 0;

    /**
     * Looks at what was received and not yet taken.
     *
     * @return how many bytes to take when the answer is complete, {@link #MORE} while it is not
     * @throws AssertionError when these bytes are not the answer
     */
    int end(byte[] received);

    /** An answer of exactly these bytes. */
    static Answer of(byte[] expected) {
        return received -> {
            int present = Math.min(received.length, expected.length);
            for (int i = 0; i < present; i++) {
                if (received[i] != expected[i]) {
                    throw new AssertionError(
                            "byte "
                                    + i
                                    + " of the answer is "
                                    + received[i]
                                    + " instead of "
                                    + expected[i]);
                }
            }
            return present == expected.length ? expected.length : MORE;
        };
    }
}
