package io.polymq.core.service;

import io.polymq.core.message.Message;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import org.jspecify.annotations.Nullable;

/**
 * A part of the broker that answers requests on subjects of its own. A protocol whose clients ask
 * by publishing (NATS) hands it what is published there instead of routing it; answers are
 * published to the message's reply subject. Called on the asking connection's thread; must not
 * block.
 */
public interface SubjectService {

    /** What all of its subjects begin with, dotted, such as {@code $mq9.AI.}. */
    String prefix();

    /**
     * Takes a request; the message is borrowed for the call. Whether who asks may publish to the
     * subject has been checked.
     *
     * @return null when it was taken, else what the client is told in its protocol's error
     */
    @Nullable String request(Message message, Principal principal, Credentials.Peer peer);
}
