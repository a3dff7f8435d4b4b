package io.polymq.mq9;

/** Where the answer to one request goes. Called in the zone that the request was handed to. */
interface Reply {

    /**
     * @return whether anyone took it
     */
    boolean send(byte[] json);

    default void fail(String error) {
        send(Replies.error(error));
    }

    default void fail(Throwable failure) {
        fail(Mq9Exception.textOf(failure));
    }
}
