package io.polymq.network;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.io.File;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Shakes hands with itself, in memory, once at the start and at each reload: a key that is not the
 * certificate's would else be noticed by clients only.
 */
final class TlsSelfCheck {

    private static final int MAX_FLIGHTS = 20;

    private TlsSelfCheck() {}

    static void check(File certificate, File key, @Nullable String password) throws SSLException {
        ByteBufAllocator allocator = ByteBufAllocator.DEFAULT;
        SslHandler server =
                SslContextBuilder.forServer(certificate, key, password)
                        .build()
                        .newHandler(allocator);
        SslHandler client =
                SslContextBuilder.forClient()
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .endpointIdentificationAlgorithm(null)
                        .build()
                        .newHandler(allocator);
        EmbeddedChannel serverEnd = new EmbeddedChannel(server);
        EmbeddedChannel clientEnd = new EmbeddedChannel(client);
        try {
            for (int i = 0; i < MAX_FLIGHTS && !client.handshakeFuture().isDone(); i++) {
                pass(clientEnd, serverEnd);
                pass(serverEnd, clientEnd);
            }
        } catch (RuntimeException e) {
            throw new SSLException("the key is not the certificate's", e);
        } finally {
            serverEnd.finishAndReleaseAll();
            clientEnd.finishAndReleaseAll();
        }
        if (!client.handshakeFuture().isSuccess()) {
            throw new SSLException("the key is not the certificate's");
        }
    }

    private static void pass(EmbeddedChannel from, EmbeddedChannel to) {
        for (Object flight = from.readOutbound(); flight != null; flight = from.readOutbound()) {
            if (to.isOpen()) {
                to.writeInbound(flight);
            } else {
                ReferenceCountUtil.release(flight);
            }
        }
    }
}
