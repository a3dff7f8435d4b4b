package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol.TransportProtocol;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sets up a connection's transport, step by step, in front of {@link InboundBytes}: PROXY header,
 * TLS, WebSocket, telling the protocol. Takes itself out when the protocol has begun.
 *
 * <pre>
 *  [PROXY] --> TCP, Unix: open
 *          --> TLS ------> HANDSHAKE --> open
 *          --> WebSocket [-> HANDSHAKE] --> UPGRADE --> open
 *          --> auto -----> DETECT --> any of these; after HANDSHAKE or UPGRADE it may DETECT again
 * </pre>
 *
 * While it detects it keeps the bytes that have come, up to what tells every protocol. Connection
 * zone.
 */
final class Opening extends ChannelInboundHandlerAdapter {

    private enum Step {
        PROXY,
        PROXY_HEADER,
        DETECT,
        HANDSHAKE,
        UPGRADE,
        DONE
    }

    /** Nothing that a balancer has reason to send is longer. */
    private static final int MAX_PROXY_TLV_BYTES = 4096;

    private final ChannelConnection connection;
    private final Listener listener;
    private final List<ProtocolBinding> candidates;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ByteBuf first;
    private Step step = Step.DONE;
    private boolean secure;
    private boolean framed;

    Opening(ChannelConnection connection) {
        this.connection = connection;
        this.listener = connection.listenerParts();
        this.candidates = listener.bindings();
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
        if (listener.isProxied()) {
            step = Step.PROXY;
            waitForFirstByte();
        } else {
            addressKnown();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        switch (message) {
            case HAProxyMessage header -> {
                try {
                    proxied(header);
                } finally {
                    header.release();
                }
            }
            case ByteBuf in when step == Step.PROXY || step == Step.DETECT -> {
                connection.heard();
                if (first == null) {
                    first = in;
                } else {
                    first.writeBytes(in);
                    in.release();
                }
                examine();
            }
            default -> ctx.fireChannelRead(message);
        }
    }

    private void examine() {
        if (step == Step.PROXY) {
            lookForProxyHeader();
        }
        if (step == Step.DETECT && first != null) {
            detect(first);
        }
    }

    // PROXY.

    private void lookForProxyHeader() {
        ByteBuf bytes = first;
        if (bytes == null) {
            return;
        }
        switch (FirstBytes.proxyHeader(bytes)) {
            case MORE -> {}
            case YES -> {
                step = Step.PROXY_HEADER;
                context().pipeline().addFirst(new HAProxyMessageDecoder(MAX_PROXY_TLV_BYTES));
                feedFromHead();
            }
            case NO -> noProxyHeader();
        }
    }

    private void noProxyHeader() {
        if (listener.isProxyRequired()) {
            refuse("no PROXY header, which this listener requires");
        } else {
            addressKnown();
        }
    }

    private void proxied(HAProxyMessage header) {
        if (header.command() == HAProxyCommand.PROXY
                && header.proxiedProtocol().transportProtocol() == TransportProtocol.STREAM
                && header.sourceAddress() != null) {
            byte[] address = NetUtil.createByteArrayFromIpAddressString(header.sourceAddress());
            if (address != null) {
                connection.remote(new InetSocketAddress(inetAddress(address), header.sourcePort()));
            }
        }
        addressKnown();
    }

    private static InetAddress inetAddress(byte[] address) {
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address has 4 or 16 bytes", e);
        }
    }

    private void addressKnown() {
        if (listener.isProxied() && !connection.countAddress()) {
            refuseQuietly();
            return;
        }
        switch (listener.transport()) {
            case TLS, WEBSOCKET_TLS -> beginTls();
            case WEBSOCKET -> beginUpgrade();
            case TCP, UNIX, QUIC -> {
                ProtocolBinding only = listener.binding();
                if (only == null) {
                    beginDetection();
                } else {
                    open(only);
                }
            }
        }
    }

    // Telling the protocol.

    private void beginDetection() {
        step = Step.DETECT;
        waitForFirstByte();
        examine();
    }

    private void waitForFirstByte() {
        connection.whenSilent(listener.config().silentClientWait(), this::silent);
    }

    private void silent() {
        if (first != null) {
            return;
        }
        if (step == Step.PROXY && !listener.isProxyRequired()) {
            addressKnown();
        } else if (step == Step.DETECT) {
            ProtocolBinding speaker = FirstBytes.forSilence(candidates);
            if (speaker != null) {
                open(speaker);
            }
        }
    }

    private void detect(ByteBuf bytes) {
        boolean mayBeTls = !secure && !framed && listener.hasTls();
        switch (FirstBytes.tell(bytes, candidates, mayBeTls, !framed)) {
            case FirstBytes.Undecided undecided -> {}
            case FirstBytes.Tls tls -> beginTls();
            case FirstBytes.Http http -> beginUpgrade();
            case FirstBytes.Protocol protocol -> open(protocol.binding());
            case FirstBytes.Unknown unknown -> refuse("speaks no protocol that is served here");
        }
    }

    // TLS.

    private void beginTls() {
        step = Step.HANDSHAKE;
        secure = true;
        // Not first: a PROXY header's decoder that is about to go still has what lies behind it.
        ChannelHandlerContext ctx = context();
        ctx.pipeline().addBefore(ctx.name(), "tls", listener.newSslHandler(ctx.channel()));
        feedFromHead();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        // The connection learns of the certificate first.
        ctx.fireUserEventTriggered(event);
        if (event instanceof SslHandshakeCompletionEvent done
                && done.isSuccess()
                && step == Step.HANDSHAKE) {
            secured(ctx.pipeline().get(SslHandler.class).applicationProtocol());
        }
    }

    private void secured(@Nullable String alpn) {
        if (listener.transport() == TransportKind.WEBSOCKET_TLS) {
            beginUpgrade();
            return;
        }
        ProtocolBinding only = listener.binding();
        connection.transport(TransportKind.TLS);
        if (only != null) {
            open(only);
            return;
        }
        for (ProtocolBinding candidate : candidates) {
            if (alpn != null && candidate.alpnNames().contains(alpn)) {
                open(candidate);
                return;
            }
        }
        beginDetection();
    }

    // WebSocket.

    private void beginUpgrade() {
        step = Step.UPGRADE;
        framed = true;
        connection.transport(secure ? TransportKind.WEBSOCKET_TLS : TransportKind.WEBSOCKET);
        feed(WebSocketUpgrade.install(context(), connection, candidates, this));
    }

    /** Null: the first bytes inside have to tell. */
    void webSocketReady(@Nullable ProtocolBinding binding) {
        if (binding != null) {
            open(binding);
        } else {
            beginDetection();
        }
    }

    // The end of the opening.

    private void open(ProtocolBinding binding) {
        step = Step.DONE;
        ChannelHandlerContext ctx = context();
        connection.opened(binding);
        ByteBuf bytes = first;
        if (bytes != null) {
            first = null;
            ctx.fireChannelRead(bytes);
            ctx.fireChannelReadComplete();
        }
        ctx.pipeline().remove(this);
    }

    private void refuse(String fault) {
        listener.faults().theirs(connection, fault, null);
        drop();
        connection.close(new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, fault));
    }

    private void refuseQuietly() {
        listener.metrics().refused("address");
        drop();
        connection.close(
                new CloseReason(
                        CloseReason.Kind.LIMIT_EXCEEDED, "too many connections of one address"));
    }

    private void feedFromHead() {
        ByteBuf bytes = first;
        if (bytes != null) {
            first = null;
            context().pipeline().fireChannelRead(bytes);
            context().pipeline().fireChannelReadComplete();
        }
    }

    private void feed(ChannelHandlerContext to) {
        ByteBuf bytes = first;
        if (bytes != null) {
            first = null;
            try {
                ((ChannelInboundHandler) to.handler()).channelRead(to, bytes);
            } catch (Exception e) {
                to.fireExceptionCaught(e);
            }
        }
    }

    private void drop() {
        step = Step.DONE;
        if (first != null) {
            first.release();
            first = null;
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        drop();
    }
}
