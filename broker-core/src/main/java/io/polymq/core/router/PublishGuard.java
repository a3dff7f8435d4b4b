package io.polymq.core.router;

import io.polymq.core.message.Message;
import org.jspecify.annotations.Nullable;

/** Says what may not be published, whoever publishes it. Any thread: the publisher's own. */
public interface PublishGuard {

    /** Why not; null when it may be. */
    @Nullable String refusal(String tenant, Message message);
}
