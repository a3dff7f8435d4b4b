package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Errors as JSON. Stateless. */
public final class Errors {

    private Errors() {}

    /** An answer that says nothing but what went wrong. */
    public static ObjectNode answer(ApiException why) {
        ObjectNode answer = Fields.MAPPER.createObjectNode();
        put(answer, why);
        return answer;
    }

    public static void put(ObjectNode answer, ApiException why) {
        ObjectNode error = answer.putObject("error");
        error.put("code", why.error().status());
        error.put("err_code", why.error().code());
        error.put("description", why.description());
    }
}
