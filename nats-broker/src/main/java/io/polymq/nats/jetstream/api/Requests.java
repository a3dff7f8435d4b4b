package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.databind.JsonNode;

/** Reads the bodies of requests. Stateless. */
public final class Requests {

    private Requests() {}

    public static Fields pull(byte[] body) {
        return new Fields(Schemas.PULL.read(Fields.tree(body), false));
    }

    public static Fields streamInfo(byte[] body) {
        return Fields.read(Schemas.STREAM_INFO, body);
    }

    public static Fields page(byte[] body) {
        return Fields.read(Schemas.PAGE, body);
    }

    public static Fields purge(byte[] body) {
        return Fields.read(Schemas.PURGE, body);
    }

    public static Fields messageGet(byte[] body) {
        return Fields.read(Schemas.MSG_GET, body);
    }

    public static Fields messageDelete(byte[] body) {
        return Fields.read(Schemas.MSG_DELETE, body);
    }

    public static Fields pause(byte[] body) {
        return Fields.read(Schemas.PAUSE, body);
    }

    public static Fields unpin(byte[] body) {
        return Fields.read(Schemas.UNPIN, body);
    }

    public static Fields snapshot(byte[] body) {
        return Fields.read(Schemas.SNAPSHOT, body);
    }

    /** A stream's configuration with what else its request says. */
    public static Fields stream(byte[] body) {
        return Fields.read(Schemas.STREAM_REQUEST, body);
    }

    public static Fields consumer(byte[] body) {
        return Fields.read(Schemas.CONSUMER_REQUEST, body);
    }

    public static boolean isEmpty(byte[] body) {
        return Fields.isBlank(body);
    }

    public static JsonNode tree(byte[] body) {
        return Fields.tree(body);
    }
}
