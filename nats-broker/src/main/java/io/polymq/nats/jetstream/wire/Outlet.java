package io.polymq.nats.jetstream.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.core.message.Message;
import io.polymq.core.router.RouteCache;
import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.nats.NatsHeaderCodec;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The way out of one account: everything it says to clients. Shard zone. */
public final class Outlet {

    private static final byte[] NOTHING = new byte[0];
    private static final String HEX = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final int ID_LENGTH = 22;

    private final Router.Space space;
    private final RouteCache routes;
    private final ObjectMapper json;
    private final java.util.random.RandomGenerator random;
    private final Message message = new Message();

    public Outlet(
            Router.Space space,
            RouteCache routes,
            ObjectMapper json,
            java.util.random.RandomGenerator random) {
        this.space = space;
        this.routes = routes;
        this.json = json;
        this.random = random;
    }

    /**
     * Sends a message.
     *
     * @param shown the subject that the receiver sees
     * @param reply where it answers to, null for nowhere
     * @return how many took it
     */
    public int send(
            Subject to, Subject shown, byte @Nullable [] reply, byte[] headers, byte[] payload) {
        message.begin(to, payload, 0, payload.length)
                .header(NatsHeaderCodec.INSTANCE, headers, 0, headers.length, 0);
        if (shown != to) {
            message.shownAs(shown);
        }
        if (reply != null) {
            message.replyTo(reply, 0, reply.length);
        }
        return space.publish(routes, message);
    }

    public int send(Subject to, byte[] headers, byte[] payload) {
        return send(to, to, null, headers, payload);
    }

    /** Sends a JSON text. */
    public void send(Subject to, JsonNode body) {
        send(to, NOTHING, bytes(body));
    }

    public byte[] bytes(JsonNode body) {
        try {
            return json.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values is always written", e);
        }
    }

    /** An empty message. */
    public void empty(Subject to) {
        send(to, NOTHING, NOTHING);
    }

    /** Hears what is published to the filter's subjects, until the subscription is closed. */
    public Router.Subscription listen(Filter filter, Sink sink) {
        return space.subscribe(filter, null, false, sink);
    }

    /** Whether anyone would get it. */
    public boolean hasInterest(Subject subject) {
        return space.hasInterest(routes, subject);
    }

    /** A unique name of letters and digits. */
    public String newId() {
        return newId(ID_LENGTH);
    }

    public String newId(int length) {
        byte[] id = new byte[length];
        for (int i = 0; i < length; i++) {
            id[i] = (byte) HEX.charAt(random.nextInt(HEX.length()));
        }
        return new String(id, StandardCharsets.US_ASCII);
    }
}
