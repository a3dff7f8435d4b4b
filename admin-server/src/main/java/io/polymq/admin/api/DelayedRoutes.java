package io.polymq.admin.api;

import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.message.Message;
import io.polymq.core.service.DelayedMessages;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages that are published later. Virtual threads. */
final class DelayedRoutes {
    private static final int MOST_LISTED = 1_000;

    private final DelayedMessages delayed;

    DelayedRoutes(DelayedMessages delayed) {
        this.delayed = delayed;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list(
                        "/delayed",
                        "Messages that are to come, of the next " + MOST_LISTED + " of all tenants",
                        this::list),
                AdminRoute.delete("/delayed/{id}", "Such a message never comes", this::cancel));
    }

    private Object list(AdminCall call) throws Exception {
        List<DelayedMessages.Coming> own =
                AdminCall.await(delayed.coming(MOST_LISTED)).stream()
                        .filter(one -> one.tenant().equals(call.tenant()))
                        .toList();
        return call.page(
                own, one -> one.message().subject() + " " + one.kind(), DelayedRoutes::shown);
    }

    private static Map<String, Object> shown(DelayedMessages.Coming coming) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", coming.ticket().id());
        row.put("kind", coming.kind());
        row.put("at", coming.at());
        row.putAll(Shown.message(coming.message().lendTo(new Message())));
        return row;
    }

    private @Nullable Object cancel(AdminCall call) throws Exception {
        long id;
        try {
            id = Long.parseLong(call.segment("id"));
        } catch (NumberFormatException notANumber) {
            throw AdminRefusal.badRequest("A delayed message is named by its number.");
        }
        if (!AdminCall.await(delayed.cancel(new DelayedMessages.Ticket(id)))) {
            throw AdminRefusal.notFound("No message " + id + " is to come.");
        }
        return null;
    }
}
