package io.polymq.admin.api;

import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.security.BrokerSecurity;
import io.polymq.core.security.login.Ban;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who is kept out. */
final class BanRoutes {
    private final BrokerSecurity security;

    BanRoutes(BrokerSecurity security) {
        this.security = security;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/bans", "Those that hold now", this::list),
                AdminRoute.put(
                        "/bans/{kind}/{value}",
                        "Keeps a user, client_id or address out",
                        "until (ISO 8601; for ever without), reason",
                        this::put),
                AdminRoute.delete("/bans/{kind}/{value}", "Lets them in again", this::delete));
    }

    /** Why, and how long. */
    record Reason(@Nullable String until, @Nullable String reason) {}

    private Object list(AdminCall call) {
        return call.page(security.bans().all(), Ban::id, BanRoutes::shown);
    }

    private static Object shown(Ban ban) {
        return Map.of(
                "kind", ban.kind().name().toLowerCase(Locale.ROOT),
                "value", ban.value(),
                "until", ban.until() == null ? "" : ban.until().toString(),
                "reason", ban.reason());
    }

    private Object put(AdminCall call) throws Exception {
        Reason why = call.json(Reason.class);
        Ban ban =
                new Ban(
                        kind(call),
                        call.segment("value"),
                        why.until() == null ? null : instant(why.until()),
                        why.reason() == null ? "" : why.reason());
        AdminCall.await(security.bans().put(ban));
        return shown(ban);
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        String value = call.segment("value");
        if (!AdminCall.await(security.bans().delete(kind(call), value))) {
            throw AdminRefusal.notFound("There is no such ban.");
        }
        return null;
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException malformed) {
            throw AdminRefusal.badRequest(
                    "'" + text + "' is no time such as 2030-01-31T12:00:00Z.");
        }
    }

    private static Ban.Kind kind(AdminCall call) {
        String text = call.segment("kind");
        try {
            return Ban.Kind.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw AdminRefusal.badRequest("A ban is of a user, client_id or address.");
        }
    }
}
