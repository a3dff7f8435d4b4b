package io.polymq.nats.account;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Who gets in. Any thread. */
public interface Door {

    /** Whether INFO says that a login is needed. */
    boolean loginRequired();

    /** Whether INFO carries a nonce to be signed. */
    boolean asksForSignature();

    /** Who a client is that says nothing about it; null when it must. */
    @Nullable NatsUser anonymous();

    CompletionStage<Admission> admit(LoginRequest request);
}
