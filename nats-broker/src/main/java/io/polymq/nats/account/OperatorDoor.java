package io.polymq.nats.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.core.security.rules.AddressRange;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.OperatorOptions;
import io.polymq.nats.options.OptionsException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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
    private final JwtUsers users;
    private final Accounts accounts;
    private final Map<String, AccountClaims> known;

    private OperatorDoor(
            ObjectMapper json,
            JwtUsers users,
            Accounts accounts,
            Map<String, AccountClaims> known) {
        this.json = json;
        this.users = users;
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
            OperatorOptions options, Accounts accounts, ObjectMapper json, JwtUsers users)
            throws OptionsException {
        Map<String, AccountClaims> known = preloaded(options, json);
        known.values().forEach(claims -> accounts.make(claims.options()));
        return new OperatorDoor(json, users, accounts, known);
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
        JwtUsers.require(claims.kind().equals("user"), "the JWT is no user's");
        long now = users.now();
        JwtUsers.require(claims.holdsAt(now), "user JWT no longer valid");
        String named = Claims.text(claims.nats(), "issuer_account");
        AccountClaims account =
                present(
                        known.get(named == null ? claims.issuer() : named),
                        "account JWT lookup error: account missing");
        JwtUsers.require(account.holdsAt(now), "account JWT has expired");
        JsonNode limits = account.limitsFor(claims);
        check(request, claims, account, limits);
        return user(claims, limits, account, token);
    }

    private NatsUser user(Claims claims, JsonNode limits, AccountClaims account, String token) {
        return users.user(
                claims,
                limits,
                present(accounts.get(account.key()), "account missing"),
                account.defaultPermissions(),
                account.expires(),
                token);
    }

    /** Whether who shows these claims may, here and so. */
    private static void check(
            LoginRequest request, Claims claims, AccountClaims account, JsonNode limits) {
        boolean bearer = limits.path("bearer_token").asBoolean();
        JwtUsers.require(!bearer || account.allowsBearer(), "account does not allow bearer tokens");
        JwtUsers.requireType(request, limits);
        Nkey key = present(Nkey.parse(claims.subject(), 'U'), "user nkey not valid");
        JwtUsers.require(
                bearer || key.verifies(request.nonce(), request.signature()),
                "signature not verified");
        JwtUsers.require(
                !account.isRevoked(claims.subject(), claims.issuedAt()),
                "user authentication revoked");
        JwtUsers.require(isFrom(limits, request.peer().address()), "bad source address");
    }

    /** Whether there is an account whose own service decides about its users. */
    boolean hasAuthorities() {
        return known.values().stream().anyMatch(claims -> !claims.calloutUsers().isEmpty());
    }

    /** The service that decides about an account's users; null when it leaves that to the JWTs. */
    @Nullable Authority authority(Account account) {
        AccountClaims claims = known.get(account.name());
        return claims == null || claims.calloutUsers().isEmpty()
                ? null
                : new Delegated(account, claims);
    }

    /** An account that has its users decided about by a service of its own. */
    private final class Delegated implements Authority {
        private final Account account;
        private final AccountClaims claims;

        Delegated(Account account, AccountClaims claims) {
            this.account = account;
            this.claims = claims;
        }

        @Override
        public Account account() {
            return account;
        }

        @Override
        public String subject() {
            return account.name();
        }

        @Override
        public @Nullable String xkey() {
            return claims.calloutXkey();
        }

        @Override
        public boolean isTrusted(String login) {
            return claims.calloutUsers().contains(login);
        }

        @Override
        public NatsUser judge(LoginRequest request, Claims response, Claims user, String token) {
            String signer = Claims.text(response.nats(), "issuer_account");
            JwtUsers.require(
                    claims.isSignedBy(response.issuer())
                            && (signer == null || signer.equals(claims.key())),
                    "auth callout signing key is unknown");
            String named = Claims.text(user.nats(), "issuer_account");
            String issuer = named == null ? user.issuer() : named;
            AccountClaims target = present(known.get(issuer), "no valid account " + issuer);
            JwtUsers.require(
                    issuer.equals(claims.key()) || claims.mayPlaceInto(issuer),
                    "account " + issuer + " not permitted as valid account option");
            JwtUsers.require(target.holdsAt(users.now()), "account JWT has expired");
            JsonNode limits = target.limitsFor(user);
            JwtUsers.requireType(request, limits);
            return OperatorDoor.this.user(user, limits, target, token);
        }
    }

    private static <T> T present(@Nullable T value, String otherwise) {
        if (value == null) {
            throw new IllegalArgumentException(otherwise);
        }
        return value;
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
}
