package io.polymq.mq9;

import io.polymq.core.message.Message;
import java.util.Arrays;

/**
 * A request, kept for the zone that answers it. Immutable.
 *
 * @param command the last word of it, as error texts name it
 * @param rest what follows the command in the subject: an address, or nothing
 */
record Request(
        Caller caller, String command, String rest, byte[] body, MailZone zone, Reply reply) {

    static Request of(
            Caller caller,
            String command,
            String rest,
            Message message,
            MailZone zone,
            Reply reply) {
        byte[] body =
                Arrays.copyOfRange(
                        message.payload(),
                        message.payloadOffset(),
                        message.payloadOffset() + message.payloadLength());
        return new Request(caller, command, rest, body, zone, reply);
    }

    Body json(boolean mayBeEmpty) {
        return Body.parse(command, body, mayBeEmpty);
    }

    void answer(byte[] json) {
        zone.execute(() -> reply.send(json));
    }

    void fail(Throwable failure) {
        zone.execute(() -> reply.fail(failure));
    }
}
