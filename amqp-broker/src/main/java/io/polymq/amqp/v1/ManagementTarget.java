package io.polymq.amqp.v1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.management.ManagementNode;
import io.polymq.amqp.v1.management.Reply;
import io.polymq.amqp.v1.management.Request;
import io.polymq.amqp.v1.message.Incoming;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Security.AuthResult;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests to the management node; their replies go by the link of the other direction that
 * has the same name. Connection zone.
 */
final class ManagementTarget implements Arrival {

    private final Session session;
    private final V1Connection connection;
    private final ManagementNode node;
    private final Incoming incoming;

    ManagementTarget(Session session) {
        this.session = session;
        this.connection = session.connection();
        this.node =
                new ManagementNode(
                        connection.host(),
                        connection.opening().rights(),
                        connection.id(),
                        "polymq@" + connection.broker().settings().clusterName(),
                        this::renew);
        this.incoming = new Incoming(connection.broker().settings().maxMessageSize());
    }

    /** A new token of the same user. */
    private CompletableFuture<Boolean> renew(String token) {
        return connection
                .broker()
                .security()
                .authenticate(
                        new Credentials.Password(
                                connection.peer(),
                                connection.opening().user(),
                                token.getBytes(StandardCharsets.UTF_8)))
                .thenApply(result -> result instanceof AuthResult.Accepted)
                .toCompletableFuture();
    }

    @Override
    public void message(
            IncomingLink link,
            int deliveryId,
            boolean settled,
            @Nullable DeliveryState state,
            byte[] bytes,
            int offset,
            int length) {
        Request request = Request.of(incoming.read(bytes, offset, length));
        if (!(session.paired(link) instanceof OutgoingLink pair
                && pair.feed() instanceof ReplyFeed replies)) {
            if (!settled) {
                session.outcomes()
                        .settle(
                                link,
                                deliveryId,
                                new DeliveryState.Rejected(
                                        ErrorInfo.of(
                                                Condition.PRECONDITION_FAILED,
                                                "there is no link for the replies")));
            }
            return;
        }
        if (!settled) {
            session.outcomes().settle(link, deliveryId, DeliveryState.ACCEPTED);
        }
        connection.await(
                node.handle(request),
                (reply, failure) -> {
                    if (!replies.reply(sections(Nodes.require(reply, failure)))) {
                        pair.fail(
                                ErrorInfo.of(
                                        Condition.RESOURCE_LIMIT_EXCEEDED,
                                        "replies that nobody gives credit for"));
                    }
                });
    }

    private static byte[] sections(Reply reply) {
        ByteBuf out = Unpooled.buffer();
        reply.write(out);
        byte[] sections = new byte[out.readableBytes()];
        out.readBytes(sections);
        return sections;
    }
}
