package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.MqttDecoder;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is stored of a session besides its subscriptions and the messages that it is owed.
 * Immutable.
 *
 * @param detachedAt when its connection went, in milliseconds since 1970; 0 while it has one
 * @param will what its connection left to be published
 */
record SessionSnapshot(
        SessionKey key,
        long number,
        Principal principal,
        String address,
        long expirySeconds,
        long detachedAt,
        Session.@Nullable Will will) {

    private static final byte FORMAT = 2;

    static SessionSnapshot of(Session session) {
        return new SessionSnapshot(
                session.key(),
                session.number(),
                session.principal(),
                addressOf(session.peer().address()),
                session.expirySeconds(),
                session.isConnected() ? 0 : session.detachedAt(),
                session.will());
    }

    static String addressOf(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : "0.0.0.0";
    }

    Credentials.Peer peer() {
        return peer(address, key.clientId());
    }

    static Credentials.Peer peer(String address, String clientId) {
        return new Credentials.Peer(
                "mqtt", new InetSocketAddress(InetAddress.ofLiteral(address), 0), clientId, null);
    }

    static ByteBuffer keyBytes(SessionKey key) {
        ByteBuf out = Unpooled.buffer(key.clientId().length() + key.tenant().length() + 8);
        writeText(out, key.tenant());
        writeText(out, key.clientId());
        return out.nioBuffer();
    }

    ByteBuffer encode() {
        ByteBuf out = Unpooled.buffer(256);
        out.writeByte(FORMAT);
        writeText(out, key.tenant());
        writeText(out, key.clientId());
        out.writeLong(number);
        writePrincipal(out, principal);
        writeText(out, address);
        out.writeLong(expirySeconds);
        out.writeLong(detachedAt);
        writeWill(out);
        return out.nioBuffer();
    }

    /** A will is kept in the CONNECT that could have brought it. */
    private void writeWill(ByteBuf out) {
        Session.Will kept = will;
        out.writeBoolean(kept != null);
        if (kept != null) {
            out.writeLong(kept.delaySeconds());
            MqttPacket connect =
                    new MqttPacket.Connect(
                            MqttVersion.V5,
                            false,
                            false,
                            0,
                            Properties.NONE,
                            "",
                            kept.packet(),
                            null,
                            null);
            MqttEncoder.encode(connect, MqttVersion.V5, out);
        }
    }

    static SessionSnapshot decode(ByteBuffer value) throws MqttCodecException {
        ByteBuf in = Unpooled.wrappedBuffer(value);
        int format = in.readByte();
        if (format != FORMAT) {
            throw new IllegalStateException("a session of format " + format);
        }
        SessionKey key = new SessionKey(readText(in), readText(in));
        long number = in.readLong();
        Principal principal = readPrincipal(in);
        String address = readText(in);
        long expiry = in.readLong();
        long detachedAt = in.readLong();
        return new SessionSnapshot(
                key, number, principal, address, expiry, detachedAt, readWill(in));
    }

    private static Session.@Nullable Will readWill(ByteBuf in) throws MqttCodecException {
        if (!in.readBoolean()) {
            return null;
        }
        long delay = in.readLong();
        MqttPacket packet = new MqttDecoder().decode(in, MqttVersion.V5);
        return packet instanceof MqttPacket.Connect connect && connect.will() != null
                ? new Session.Will(connect.will(), delay)
                : null;
    }

    static void writePrincipal(ByteBuf out, Principal principal) {
        writeText(out, principal.user());
        writeText(out, principal.tenant());
        out.writeBoolean(principal.admin());
        out.writeInt(principal.groups().size());
        principal.groups().forEach(group -> writeText(out, group));
        out.writeInt(principal.attributes().size());
        principal
                .attributes()
                .forEach(
                        (name, value) -> {
                            writeText(out, name);
                            writeText(out, value);
                        });
    }

    static Principal readPrincipal(ByteBuf in) {
        String user = readText(in);
        String tenant = readText(in);
        boolean admin = in.readBoolean();
        Set<String> groups = new HashSet<>();
        for (int i = in.readInt(); i > 0; i--) {
            groups.add(readText(in));
        }
        Map<String, String> attributes = new HashMap<>();
        for (int i = in.readInt(); i > 0; i--) {
            String name = readText(in);
            attributes.put(name, readText(in));
        }
        return new Principal(user, tenant, groups, attributes, admin);
    }

    static void writeText(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.writeBytes(bytes);
    }

    static String readText(ByteBuf in) {
        int length = in.readInt();
        return in.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }
}
