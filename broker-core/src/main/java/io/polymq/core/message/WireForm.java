package io.polymq.core.message;

import org.jspecify.annotations.Nullable;

/**
 * A message as one protocol writes it, made by the first sink of that protocol and shared by the
 * others while the message is routed. It stays with its {@link Message} from one use to the next,
 * so that its buffers are used again; {@link Message#isCurrent} tells whether it still holds what
 * is being routed. Connection zone of the publisher.
 */
public abstract class WireForm {

    final HeaderCodec protocol;
    long generation = -1;
    @Nullable WireForm next;

    /**
     * @param protocol the codec of the protocol whose form this is
     */
    protected WireForm(HeaderCodec protocol) {
        this.protocol = protocol;
    }
}
