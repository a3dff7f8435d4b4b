package io.polymq.core.security.login;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.config.JwtConfig;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.users.User;
import java.io.IOException;
import java.security.Key;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.lang.JoseException;
import org.jose4j.lang.UnresolvableKeyException;
import org.jspecify.annotations.Nullable;

/**
 * Signed tokens, as tokens or in place of a password: who the client is stands in the token,
 * whatever name came with it. The signature's algorithm has to be one of those configured, and a
 * key is only used for algorithms of its kind. Shared.
 */
public final class JwtLogins implements Authenticator, AutoCloseable {

    private static final int LONGEST_TOKEN = 16_384;
    private static final int MOST_GROUPS = 256;
    private static final int AT_ONCE = 64;
    private static final int WAITING = 10_000;

    private final JwtConfig config;
    private final InstantSource clock;
    private final VerificationKeys keys;
    private final SlowChecks checks;

    public JwtLogins(JwtConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.keys = new VerificationKeys(config, clock);
        this.checks =
                new SlowChecks(
                        name(), AT_ONCE, WAITING, config.timeout().plus(Duration.ofSeconds(1)));
    }

    @Override
    public String name() {
        return "jwt";
    }

    @Override
    public CompletionStage<Verdict> check(Credentials credentials) {
        String token = tokenIn(credentials);
        return token == null
                ? CompletableFuture.completedFuture(Verdict.ABSTAIN)
                : checks.run(() -> judge(token));
    }

    /** Null when nothing in it looks like a signed token. */
    private static @Nullable String tokenIn(Credentials credentials) {
        String text =
                switch (credentials) {
                    case Credentials.Token token -> token.token();
                    case Credentials.Password login when login.password().length > 20 ->
                            new String(login.password(), UTF_8);
                    default -> "";
                };
        boolean looksSigned =
                text.length() <= LONGEST_TOKEN
                        && text.startsWith("eyJ")
                        && text.chars().filter(c -> c == '.').count() == 2;
        return looksSigned ? text : null;
    }

    private Verdict judge(String token) throws IOException {
        JwtClaims claims;
        try {
            claims = consumer().processToClaims(token);
        } catch (InvalidJwtException e) {
            if (e.getCause() instanceof UnresolvableKeyException unresolvable
                    && unresolvable.getCause() instanceof IOException unreadable) {
                throw unreadable;
            }
            return e.hasExpired()
                    ? new Verdict.Refuse(Reason.EXPIRED, "the token has expired")
                    : new Verdict.Refuse(Reason.BAD_CREDENTIALS, "the token is not valid");
        }
        for (Map.Entry<String, String> required : config.requiredClaims().entrySet()) {
            if (!texts(claims.getClaimValue(required.getKey())).contains(required.getValue())) {
                return new Verdict.Refuse(
                        Reason.BAD_CREDENTIALS,
                        "the token's claim " + required.getKey() + " is not as required");
            }
        }
        return accepted(claims);
    }

    private JwtConsumer consumer() {
        JwtConsumerBuilder builder =
                new JwtConsumerBuilder()
                        .setEvaluationTime(NumericDate.fromMilliseconds(clock.millis()))
                        .setAllowedClockSkewInSeconds((int) config.skew().toSeconds())
                        .setJwsAlgorithmConstraints(
                                ConstraintType.PERMIT, config.algorithms().toArray(String[]::new))
                        .setVerificationKeyResolver((token, nesting) -> key(token));
        String issuer = config.issuer();
        if (issuer != null) {
            builder.setExpectedIssuer(true, issuer);
        }
        if (config.audience().isEmpty()) {
            builder.setSkipDefaultAudienceValidation();
        } else {
            builder.setExpectedAudience(true, config.audience().toArray(String[]::new));
        }
        return builder.build();
    }

    private Key key(JsonWebSignature token) throws UnresolvableKeyException {
        try {
            Key key = keys.find(token);
            if (key != null) {
                return key;
            }
        } catch (IOException | JoseException e) {
            throw new UnresolvableKeyException("no key can be had", e);
        }
        throw new UnresolvableKeyException("no key fits");
    }

    private Verdict accepted(JwtClaims claims) {
        String user = String.join("", texts(claims.getClaimValue(config.userClaim())));
        if (user.isEmpty() || user.length() > User.MAX_NAME) {
            return new Verdict.Refuse(
                    Reason.BAD_CREDENTIALS, "the token has no claim " + config.userClaim());
        }
        Set<String> groups = groups(claims.getClaimValue(config.groupsClaim()));
        List<String> tenant = texts(claims.getClaimValue(config.tenantClaim()));
        Map<String, String> attributes = new HashMap<>();
        for (String name : List.of("exp", "iss", "scope", "client_id")) {
            List<String> values = texts(claims.getClaimValue(name));
            if (!values.isEmpty()) {
                attributes.put(name, String.join(" ", values));
            }
        }
        return new Verdict.Accept(
                new Principal(
                        user,
                        tenant.isEmpty() ? config.tenant() : tenant.getFirst(),
                        groups,
                        attributes,
                        !config.adminGroup().isEmpty() && groups.contains(config.adminGroup())));
    }

    private static Set<String> groups(@Nullable Object claim) {
        Set<String> groups = new LinkedHashSet<>();
        for (String text : texts(claim)) {
            for (String group : claim instanceof String ? text.split(" ") : new String[] {text}) {
                if (!group.isEmpty() && groups.size() < MOST_GROUPS) {
                    groups.add(group);
                }
            }
        }
        return groups;
    }

    /** A claim's value or values as texts; none when it is absent. */
    private static List<String> texts(@Nullable Object claim) {
        return switch (claim) {
            case null -> List.of();
            case Collection<?> many -> many.stream().map(String::valueOf).toList();
            default -> List.of(String.valueOf(claim));
        };
    }

    @Override
    public void close() {
        checks.close();
        keys.close();
    }
}
