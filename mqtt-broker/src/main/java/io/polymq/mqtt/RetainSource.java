package io.polymq.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.subject.Subject;
import java.nio.ByteBuffer;

/**
 * Who had a message retained: kept in front of its header, so that it can be asked when the message
 * is given out whether whoever it was may still publish it. Four bytes of length, then the same as
 * a session keeps of its owner. Immutable.
 */
record RetainSource(Principal principal, Credentials.Peer peer) {

    private static final int LENGTH_BYTES = 4;

    static boolean isOn(Message message) {
        return message.isNativeTo(MqttHeader.CODEC) && (message.flags() & MqttHeader.SIGNED) != 0;
    }

    /** A copy that says who it is from. */
    static KeptMessage sign(Message message, Session from) {
        ByteBuf out = Unpooled.buffer(128 + message.headerLength());
        out.writeInt(0);
        SessionSnapshot.writePrincipal(out, from.principal());
        SessionSnapshot.writeText(out, SessionSnapshot.addressOf(from.peer().address()));
        SessionSnapshot.writeText(out, from.key().clientId());
        out.setInt(0, out.readableBytes());
        out.writeBytes(message.header(), message.headerOffset(), message.headerLength());
        return new Message()
                .begin(
                        message.subject(),
                        message.payload(),
                        message.payloadOffset(),
                        message.payloadLength())
                .publisher(message.publisher())
                .header(
                        MqttHeader.CODEC,
                        out.array(),
                        out.arrayOffset(),
                        out.readableBytes(),
                        message.flags() | MqttHeader.SIGNED)
                .keep();
    }

    /** The bytes that a header's own part begins behind; never more than there are. */
    static int length(byte[] header, int offset, int length) {
        return length < LENGTH_BYTES
                ? length
                : Math.clamp(ByteBuffer.wrap(header).getInt(offset), LENGTH_BYTES, length);
    }

    /** Makes the message what it was before it was signed. */
    static RetainSource takenOff(Message message) {
        byte[] header = message.header();
        int at = message.headerOffset();
        int signed = length(header, at, message.headerLength());
        ByteBuf in = Unpooled.wrappedBuffer(header, at + LENGTH_BYTES, signed - LENGTH_BYTES);
        Principal principal = SessionSnapshot.readPrincipal(in);
        String address = SessionSnapshot.readText(in);
        String clientId = SessionSnapshot.readText(in);
        int length = message.headerLength() - signed;
        int flags = message.flags() & ~MqttHeader.SIGNED;
        long publisher = message.publisher();
        message.begin(
                        message.subject(),
                        message.payload(),
                        message.payloadOffset(),
                        message.payloadLength())
                .publisher(publisher)
                .header(MqttHeader.CODEC, header, at + signed, length, flags);
        return new RetainSource(principal, SessionSnapshot.peer(address, clientId));
    }

    boolean mayStillWrite(MqttAccess access, Subject subject) {
        return access.mayWrite(principal, peer, subject);
    }
}
