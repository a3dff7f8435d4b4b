package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The opening handshake of a WebSocket: checks the request, chooses the subprotocol and with it,
 * where a listener serves several, the protocol; then takes itself and the HTTP codec out of the
 * pipeline. Connection zone.
 */
final class WebSocketUpgrade extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int MAX_LINE = 4096;
    private static final int MAX_HEADERS = 8192;
    private static final String DECODER = "http-in";
    private static final String ENCODER = "http-out";
    private static final String AGGREGATOR = "http-request";

    private final ChannelConnection connection;
    private final List<ProtocolBinding> candidates;
    private final Opening opening;

    private WebSocketUpgrade(
            ChannelConnection connection, List<ProtocolBinding> candidates, Opening opening) {
        this.connection = connection;
        this.candidates = candidates;
        this.opening = opening;
    }

    /** Puts the handshake in front; the first bytes are for the context that is returned. */
    static ChannelHandlerContext install(
            ChannelHandlerContext before,
            ChannelConnection connection,
            List<ProtocolBinding> candidates,
            Opening opening) {
        before.pipeline()
                .addBefore(
                        before.name(), DECODER, new HttpRequestDecoder(MAX_LINE, MAX_HEADERS, 1024))
                .addBefore(before.name(), ENCODER, new HttpResponseEncoder())
                .addBefore(before.name(), AGGREGATOR, new HttpObjectAggregator(MAX_HEADERS))
                .addBefore(
                        before.name(),
                        "upgrade",
                        new WebSocketUpgrade(connection, candidates, opening));
        return before.pipeline().context(DECODER);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        connection.heard();
        String fault = fault(request);
        if (fault != null) {
            refuse(ctx, HttpResponseStatus.BAD_REQUEST, fault);
            return;
        }
        if (!"13".equals(request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
            refuse(ctx, HttpResponseStatus.UPGRADE_REQUIRED, "WebSocket version 13 is spoken here");
            return;
        }
        Listener listener = connection.listenerParts();
        var headers = request.headers();
        if (!listener.origins()
                .allow(headers.getAll(HttpHeaderNames.ORIGIN), headers.get(HttpHeaderNames.HOST))) {
            listener.metrics().refused("origin");
            refuse(ctx, HttpResponseStatus.FORBIDDEN, "pages of this origin may not connect");
            return;
        }
        List<String> offered = offered(request);
        Choice choice = choose(offered);
        if (choice == null) {
            refuse(
                    ctx,
                    HttpResponseStatus.BAD_REQUEST,
                    "none of the WebSocket subprotocols offered is spoken here");
            return;
        }
        accept(ctx, request, choice);
    }

    private static @Nullable String fault(FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return "the request cannot be read";
        }
        var headers = request.headers();
        if (!HttpMethod.GET.equals(request.method())
                || !HttpVersion.HTTP_1_1.equals(request.protocolVersion())
                || !headers.containsValue(
                        HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                || !headers.containsValue(
                        HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)) {
            return "only WebSocket connections are served here";
        }
        String key = headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        return key == null || key.length() != 24 ? "the WebSocket key is not valid" : null;
    }

    private static List<String> offered(FullHttpRequest request) {
        List<String> names = new ArrayList<>();
        for (String line : request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
            for (String name : line.split(",", -1)) {
                names.add(name.strip());
            }
        }
        return names;
    }

    /** A null binding: the first bytes have to tell. */
    private record Choice(@Nullable ProtocolBinding binding, @Nullable String subprotocol) {}

    private @Nullable Choice choose(List<String> offered) {
        for (String name : offered) {
            for (ProtocolBinding candidate : candidates) {
                if (candidate.webSocketSubprotocols().contains(name)) {
                    return new Choice(candidate, name);
                }
            }
        }
        List<ProtocolBinding> unnamed =
                candidates.stream()
                        .filter(candidate -> candidate.webSocketSubprotocols().isEmpty())
                        .toList();
        if (unnamed.isEmpty() || (!offered.isEmpty() && candidates.size() > 1)) {
            return null;
        }
        return new Choice(unnamed.size() == 1 ? unnamed.getFirst() : null, null);
    }

    private void accept(ChannelHandlerContext ctx, FullHttpRequest request, Choice choice) {
        var response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
        String key = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        response.headers()
                .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT, acceptKey(key));
        if (choice.subprotocol() != null) {
            response.headers().set(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, choice.subprotocol());
        }
        ctx.writeAndFlush(response);
        ProtocolBinding binding = choice.binding();
        ChannelPipeline pipeline = ctx.pipeline();
        // At once: a protocol whose server speaks first writes as soon as it is opened.
        pipeline.remove(ENCODER);
        WebSocketFrames.install(
                connection,
                opening.context(),
                binding == null ? false : binding.acceptsWebSocketText());
        pipeline.remove(AGGREGATOR);
        pipeline.remove(this);
        opening.webSocketReady(binding);
        // Last: frames that came with the request leave the decoder when it goes.
        pipeline.remove(DECODER);
    }

    static String acceptKey(String key) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-1")
                            .digest((key + ACCEPT_SUFFIX).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }

    private void refuse(ChannelHandlerContext ctx, HttpResponseStatus status, String why) {
        ByteBuf body = ByteBufUtil.writeUtf8(ctx.alloc(), why + "\n");
        var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
                .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_PLAIN)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        if (status.equals(HttpResponseStatus.UPGRADE_REQUIRED)) {
            response.headers().set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "13");
        }
        ctx.writeAndFlush(response);
        connection.listenerParts().faults().theirs(connection, "WebSocket refused: " + why, null);
        connection.close(new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, why));
    }
}
