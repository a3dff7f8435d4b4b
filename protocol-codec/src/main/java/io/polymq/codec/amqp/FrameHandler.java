package io.polymq.codec.amqp;

import io.netty.buffer.ByteBuf;

/**
 * Takes frames, one call each; the payload is valid only for the call and starts at the buffer's
 * reader index.
 */
public interface FrameHandler {

    void method(int channel, Method method);

    void header(int channel, ByteBuf payload, int length);

    void body(int channel, ByteBuf payload, int length);

    void heartbeat(int channel);
}
