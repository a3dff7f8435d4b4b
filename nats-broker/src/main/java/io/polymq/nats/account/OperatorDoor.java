package io.polymq.nats.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.core.security.Principal;
import io.polymq.core.security.rules.AddressRange;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.OperatorOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.PermissionOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.DateTimeException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Operator mode: a client brings a JWT that its account has signed, whose own JWT an operator has
 * signed, and proves by a signature that it is the user. Shared, immutable.
 */
final class OperatorDoor implements Door {

    private final ObjectMapper json;
    private final InstantSource clock;
    private final Accounts accounts;
    private final Map<String, AccountClaims> known;

    private OperatorDoor(
            ObjectMapper json,
            InstantSource clock,
            Accounts accounts,
            Map<String, AccountClaims> known) {
        this.json = json;
        this.clock = clock;
        this.accounts = accounts;
        this.known = Map.copyOf(known);
    }

    /** The system account that an operator's JWT names; null when none does. */
    static @Nullable String systemAccount(OperatorOptions options, ObjectMapper json)
            throws OptionsException {
        for (String token : options.tokens()) {
            String system = Claims.text(operator(json, token).nats(), "system_account");
            if (system != null) {
                return system;
            }
        }
        return null;
    }

    /** Makes the accounts that are preloaded. */
    static OperatorDoor open(
            OperatorOptions options, Accounts accounts, ObjectMapper json, InstantSource clock)
            throws OptionsException {
        Map<String, AccountClaims> known = preloaded(options, json);
        known.values().forEach(claims -> accounts.make(claims.options()));
        return new OperatorDoor(json, clock, accounts, known);
    }

    /** The accounts that are preloaded, as a configuration would have them. */
    static List<AccountOptions> accounts(OperatorOptions options, ObjectMapper json)
            throws OptionsException {
        return preloaded(options, json).values().stream().map(AccountClaims::options).toList();
    }

    private static Map<String, AccountClaims> preloaded(OperatorOptions options, ObjectMapper json)
            throws OptionsException {
        Set<String> trusted = new HashSet<>(options.trustedKeys());
        for (String token : options.tokens()) {
            Claims operator = operator(json, token);
            if (!operator.nats().path("strict_signing_key_usage").asBoolean()) {
                trusted.add(operator.subject());
            }
            trusted.addAll(Claims.texts(operator.nats().path("signing_keys")));
        }
        Map<String, AccountClaims> known = new HashMap<>();
        for (Map.Entry<String, String> one : options.accounts().entrySet()) {
            AccountClaims claims;
            try {
                claims = AccountClaims.of(Claims.verified(json, one.getValue(), "OA"), json);
            } catch (IllegalArgumentException e) {
                throw new OptionsException(
                        "resolver_preload: the JWT of " + one.getKey() + ": " + e.getMessage());
            }
            if (!claims.key().equals(one.getKey())) {
                throw new OptionsException(
                        "resolver_preload: the JWT of " + one.getKey() + " is of " + claims.key());
            }
            if (!trusted.contains(claims.issuer())) {
                throw new OptionsException(
                        "resolver_preload: "
                                + one.getKey()
                                + " is not signed by a trusted operator");
            }
            known.put(claims.key(), claims);
        }
        return known;
    }

    private static Claims operator(ObjectMapper json, String token) throws OptionsException {
        try {
            return Claims.verified(json, token, "O");
        } catch (IllegalArgumentException e) {
            throw new OptionsException("operator: " + e.getMessage());
        }
    }

    @Override
    public boolean loginRequired() {
        return true;
    }

    @Override
    public boolean asksForSignature() {
        return true;
    }

    @Override
    public @Nullable NatsUser anonymous() {
        return null;
    }

    @Override
    public CompletionStage<Admission> admit(LoginRequest request) {
        Admission admission;
        try {
            admission = new Admission.Admitted(user(request));
        } catch (IllegalArgumentException why) {
            admission = new Admission.Refused(String.valueOf(why.getMessage()));
        }
        return CompletableFuture.completedFuture(admission);
    }

    private NatsUser user(LoginRequest request) {
        String token = present(request.jwt(), "authentication requires a user JWT");
        Claims claims = Claims.verified(json, token, "A");
        require(claims.kind().equals("user"), "the JWT is no user's");
        long now = clock.instant().getEpochSecond();
        require(claims.holdsAt(now), "user JWT no longer valid");
        String named = Claims.text(claims.nats(), "issuer_account");
        AccountClaims account =
                present(
                        known.get(named == null ? claims.issuer() : named),
                        "account JWT lookup error: account missing");
        require(account.holdsAt(now), "account JWT has expired");
        JsonNode limits = account.limitsFor(claims);
        check(request, claims, account, limits);
        long until = expires(claims, limits, account);
        Account target = present(accounts.get(account.key()), "account missing");
        PermissionOptions written = AccountClaims.permissions(limits);
        if (isEmpty(written)) {
            written = account.defaultPermissions();
        }
        String name = claims.subject();
        return new NatsUser(
                name,
                target,
                new Principal(name, target.tenant(), Set.of(), Map.of(), false),
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

    /** Whether who shows these claims may, here and so. */
    private static void check(
            LoginRequest request, Claims claims, AccountClaims account, JsonNode limits) {
        boolean bearer = limits.path("bearer_token").asBoolean();
        require(!bearer || account.allowsBearer(), "account does not allow bearer tokens");
        Set<String> types = new HashSet<>();
        Claims.texts(limits.path("allowed_connection_types"))
                .forEach(type -> types.add(type.toUpperCase(Locale.ROOT)));
        require(
                types.isEmpty() || types.contains(request.connectionType()),
                "connection type not allowed");
        Nkey key = present(Nkey.parse(claims.subject(), 'U'), "user nkey not valid");
        require(
                bearer || key.verifies(request.nonce(), request.signature()),
                "signature not verified");
        require(
                !account.isRevoked(claims.subject(), claims.issuedAt()),
                "user authentication revoked");
        require(isFrom(limits, request.peer().address()), "bad source address");
    }

    private static <T> T present(@Nullable T value, String otherwise) {
        if (value == null) {
            throw new IllegalArgumentException(otherwise);
        }
        return value;
    }

    private static boolean isEmpty(PermissionOptions written) {
        return written.publishAllow() == null
                && written.publishDeny().isEmpty()
                && written.subscribeAllow() == null
                && written.subscribeDeny().isEmpty()
                && written.responses() == null;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    private static boolean isFrom(JsonNode limits, SocketAddress address) {
        List<String> blocks = Claims.texts(limits.path("src"));
        if (blocks.isEmpty()) {
            return true;
        }
        InetAddress from = address instanceof InetSocketAddress inet ? inet.getAddress() : null;
        return from != null
                && blocks.stream().anyMatch(block -> AddressRange.parse(block).contains(from));
    }

    /**
     * When the connection must end: the JWT's expiry, the account's, or the end of allowed hours.
     */
    private long expires(Claims claims, JsonNode limits, AccountClaims account) {
        long until = Long.MAX_VALUE;
        for (long second : new long[] {claims.expires(), account.expires()}) {
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
