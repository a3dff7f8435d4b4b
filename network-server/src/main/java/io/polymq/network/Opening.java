package io.polymq.network;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import org.jspecify.annotations.Nullable;

/**
 * Sets up a connection's transport, step by step, in front of {@link InboundBytes}: TLS, WebSocket.
 * Takes itself out when the protocol has begun.
 *
 * <p>Connection zone.
 */
final class Opening extends ChannelInboundHandlerAdapter {

    private final ChannelConnection connection;
    private final Listener listener;
    private @Nullable ChannelHandlerContext context;

    Opening(ChannelConnection connection) {
        this.connection = connection;
        this.listener = connection.listenerParts();
    }

    ChannelHandlerContext context() {
        if (context == null) {
            throw new IllegalStateException("not in a pipeline");
        }
        return context;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        switch (listener.transport()) {
            case TLS, WEBSOCKET_TLS -> beginTls(ctx);
            case WEBSOCKET -> beginUpgrade(ctx);
            case TCP, UNIX, QUIC -> open(listener.onlyBinding());
        }
    }

    private void beginTls(ChannelHandlerContext ctx) {
        ctx.pipeline().addFirst(listener.newSslHandler(ctx.channel()));
    }

    private void beginUpgrade(ChannelHandlerContext ctx) {
        WebSocketUpgrade.install(ctx, connection, listener.bindings(), this);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent done && done.isSuccess()) {
            // The connection learns of the certificate first.
            ctx.fireUserEventTriggered(event);
            if (listener.transport() == TransportKind.WEBSOCKET_TLS) {
                beginUpgrade(ctx);
            } else {
                open(listener.onlyBinding());
            }
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    void webSocketReady(@Nullable ProtocolBinding binding) {
        open(binding == null ? listener.onlyBinding() : binding);
    }

    private void open(ProtocolBinding binding) {
        ChannelHandlerContext ctx = context();
        connection.opened(binding);
        ctx.pipeline().remove(this);
    }
}
