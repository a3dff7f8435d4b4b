package io.polymq.nats.account;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.core.security.Principal;
import io.polymq.nats.options.PermissionOptions;
import java.time.DateTimeException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes users of what their JWTs say. Shared, immutable. */
final class JwtUsers {

    private final InstantSource clock;

    JwtUsers(InstantSource clock) {
        this.clock = clock;
    }

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** Whether who shows these limits may come in this way. */
    static void requireType(LoginRequest request, JsonNode limits) {
        Set<String> types = new HashSet<>();
        Claims.texts(limits.path("allowed_connection_types"))
                .forEach(type -> types.add(type.toUpperCase(Locale.ROOT)));
        require(
                types.isEmpty() || types.contains(request.connectionType()),
                "connection type not allowed");
    }

    long now() {
        return clock.instant().getEpochSecond();
    }

    /**
     * A user under its own key.
     *
     * @param limits the user's own, or those of its role
     * @param defaults the permissions of who has none; null for all
     * @param accountExpires seconds since 1970, 0 for never
     * @throws IllegalArgumentException when the user may not come now
     */
    NatsUser user(
            Claims claims,
            JsonNode limits,
            Account account,
            @Nullable PermissionOptions defaults,
            long accountExpires,
            String token) {
        long until = expires(claims, limits, accountExpires);
        PermissionOptions written = AccountClaims.permissions(limits);
        if (isEmpty(written) && defaults != null) {
            written = defaults;
        }
        String name = claims.subject();
        return new NatsUser(
                name,
                account,
                new Principal(name, account.tenant(), Set.of(), Map.of(), false),
                SubjectPermissions.of(written),
                (int) Claims.number(limits, "subs", -1),
                (int) Claims.number(limits, "payload", -1),
                until,
                new NatsUser.Origin(
                        name,
                        token,
                        claims.issuer(),
                        claims.name().isEmpty() ? null : claims.name()));
    }

    private static boolean isEmpty(PermissionOptions written) {
        return written.publishAllow() == null
                && written.publishDeny().isEmpty()
                && written.subscribeAllow() == null
                && written.subscribeDeny().isEmpty()
                && written.responses() == null;
    }

    /**
     * When the connection must end: the JWT's expiry, the account's, or the end of allowed hours.
     */
    private long expires(Claims claims, JsonNode limits, long accountExpires) {
        long until = Long.MAX_VALUE;
        for (long second : new long[] {claims.expires(), accountExpires}) {
            until = second == 0 ? until : Math.min(until, second * 1000);
        }
        JsonNode times = limits.path("times");
        if (!times.isArray() || times.isEmpty()) {
            return until;
        }
        String zone = Claims.text(limits, "times_location");
        try {
            ZonedDateTime now =
                    clock.instant().atZone(zone == null ? ZoneId.systemDefault() : ZoneId.of(zone));
            for (JsonNode one : times) {
                long end = endOf(one, now);
                if (end > 0) {
                    return Math.min(until, end);
                }
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("connect times cannot be read", e);
        }
        throw new IllegalArgumentException("outside connect times");
    }

    /** When these hours end, 0 when they are not now. */
    private static long endOf(JsonNode hours, ZonedDateTime now) {
        LocalTime start = LocalTime.parse(hours.path("start").asText());
        LocalTime end = LocalTime.parse(hours.path("end").asText());
        LocalTime time = now.toLocalTime();
        LocalDate day = now.toLocalDate();
        boolean overMidnight = !end.isAfter(start);
        boolean within =
                overMidnight
                        ? !time.isBefore(start) || time.isBefore(end)
                        : !time.isBefore(start) && time.isBefore(end);
        if (!within) {
            return 0;
        }
        LocalDate last = overMidnight && !time.isBefore(start) ? day.plusDays(1) : day;
        return ZonedDateTime.of(last, end, now.getZone()).toInstant().toEpochMilli();
    }
}
