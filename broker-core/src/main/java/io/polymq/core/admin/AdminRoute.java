package io.polymq.core.admin;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One operation of an HTTP interface, with what its description needs. Immutable.
 *
 * @param template below the pages' path: {@code /topics/{name}}; a name in braces takes one segment
 * @param query names of the query's parameters with a few words each
 * @param body what the request's JSON holds, in words; null: it has none
 */
public record AdminRoute(
        String method,
        String template,
        String summary,
        List<Parameter> query,
        @Nullable String body,
        Handler handler) {

    public AdminRoute {
        query = List.copyOf(query);
    }

    public static AdminRoute get(String template, String summary, Handler handler) {
        return new AdminRoute("GET", template, summary, List.of(), null, handler);
    }

    /** A list that comes in pages: see {@link AdminCall#page}. */
    public static AdminRoute list(String template, String summary, Handler handler) {
        return get(template, summary, handler).asking(AdminListing.PARAMETERS);
    }

    public static AdminRoute delete(String template, String summary, Handler handler) {
        return new AdminRoute("DELETE", template, summary, List.of(), null, handler);
    }

    public static AdminRoute put(String template, String summary, String body, Handler handler) {
        return new AdminRoute("PUT", template, summary, List.of(), body, handler);
    }

    public static AdminRoute post(String template, String summary, String body, Handler handler) {
        return new AdminRoute("POST", template, summary, List.of(), body, handler);
    }

    public AdminRoute asking(List<Parameter> more) {
        return new AdminRoute(method, template, summary, more, body, handler);
    }

    public AdminRoute asking(String name, String words) {
        List<Parameter> all = new java.util.ArrayList<>(query);
        all.add(new Parameter(name, words));
        return asking(all);
    }

    /** A parameter of the query, which may always be left out. */
    public record Parameter(String name, String words) {}

    /** Answers; on a virtual thread. */
    public interface Handler {
        /**
         * @return an {@link AdminAnswer}, or what is sent as JSON with 200; null: done, with 204
         */
        @Nullable Object handle(AdminCall call) throws Exception;
    }
}
