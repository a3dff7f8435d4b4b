package io.polymq.nats.jetstream.consumer;

import io.polymq.nats.jetstream.api.ApiException;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.Requests;
import java.nio.charset.StandardCharsets;

/**
 * What a pull request asks for. Times in milliseconds.
 *
 * @param expires 0 for never
 * @param maxBytes 0 for no limit
 */
record Wish(
        int batch,
        long expires,
        boolean noWait,
        long maxBytes,
        long heartbeat,
        String group,
        String id,
        long minPending,
        long minAckPending,
        int priority) {

    private static final int HIGHEST_PRIORITY = 9;

    /** A request that cannot be understood; the message says why. */
    static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1L;

        Unreadable(String why) {
            super(why, null, false, false);
        }
    }

    static Wish read(byte[] body) throws Unreadable {
        String text = new String(body, StandardCharsets.UTF_8).strip();
        if (text.isEmpty()) {
            return simple(1);
        }
        if (text.charAt(0) != '{') {
            try {
                int batch = Integer.parseInt(text);
                return simple(Math.max(1, batch));
            } catch (NumberFormatException e) {
                throw new Unreadable("strconv.Atoi: parsing \"" + text + "\": invalid syntax");
            }
        }
        Fields fields;
        try {
            fields = Requests.pull(body);
        } catch (ApiException e) {
            throw new Unreadable(e.description());
        }
        long heartbeat = fields.number("idle_heartbeat");
        long expires = fields.number("expires");
        if (heartbeat > 0 && (expires <= 0 || heartbeat * 2 > expires)) {
            throw new Unreadable("heartbeat value too large");
        }
        int priority = fields.integer("priority");
        if (priority < 0 || priority > HIGHEST_PRIORITY) {
            throw new Unreadable("Priority must be between 0 and 9");
        }
        int batch = fields.integer("batch");
        return new Wish(
                batch <= 0 ? 1 : batch,
                Math.max(0, fields.millis("expires")),
                fields.flag("no_wait"),
                Math.max(0, fields.integer("max_bytes")),
                Math.max(0, fields.millis("idle_heartbeat")),
                fields.text("group"),
                fields.text("id"),
                fields.number("min_pending"),
                fields.number("min_ack_pending"),
                priority);
    }

    private static Wish simple(int batch) {
        return new Wish(batch, 0, false, 0, 0, "", "", 0, 0, 0);
    }
}
