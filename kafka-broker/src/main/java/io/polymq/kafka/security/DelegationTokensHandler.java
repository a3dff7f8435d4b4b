package io.polymq.kafka.security;

import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Client;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.KafkaErrors;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.CreateDelegationTokenRequestData;
import org.apache.kafka.common.message.CreateDelegationTokenRequestData.CreatableRenewers;
import org.apache.kafka.common.message.CreateDelegationTokenResponseData;
import org.apache.kafka.common.message.DescribeDelegationTokenRequestData;
import org.apache.kafka.common.message.DescribeDelegationTokenRequestData.DescribeDelegationTokenOwner;
import org.apache.kafka.common.message.DescribeDelegationTokenResponseData;
import org.apache.kafka.common.message.DescribeDelegationTokenResponseData.DescribedDelegationToken;
import org.apache.kafka.common.message.DescribeDelegationTokenResponseData.DescribedDelegationTokenRenewer;
import org.apache.kafka.common.message.ExpireDelegationTokenRequestData;
import org.apache.kafka.common.message.ExpireDelegationTokenResponseData;
import org.apache.kafka.common.message.RenewDelegationTokenRequestData;
import org.apache.kafka.common.message.RenewDelegationTokenResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves the keys of delegation tokens (KIP-48, KIP-373). Connection zone. */
public final class DelegationTokensHandler {

    private static final String USER = "User";
    private static final int FIRST_VERSION_FOR_OTHERS = 3;
    private static final int MOST_RENEWERS = 100;

    private final DelegationTokens tokens;
    private final Access access;
    private final InstantSource clock;
    private final long maxLifeMillis;
    private final long expiryMillis;

    public DelegationTokensHandler(
            DelegationTokens tokens,
            Access access,
            InstantSource clock,
            Duration maxLife,
            Duration expiry) {
        this.tokens = tokens;
        this.access = access;
        this.clock = clock;
        this.maxLifeMillis = maxLife.toMillis();
        this.expiryMillis = expiry.toMillis();
    }

    /** Who came by a token, or is nobody in particular, has nothing to do with tokens. */
    private static boolean mayAsk(Client client) {
        return switch (client.by()) {
            case SASL -> true;
            case CERTIFICATE -> client.encrypted();
            case ANYBODY, TOKEN -> false;
        };
    }

    public void create(Exchange exchange) {
        CreateDelegationTokenRequestData request =
                exchange.body(CreateDelegationTokenRequestData.class);
        Client client = exchange.client();
        String owner = owner(request, client);
        Errors refusal = refusal(request, client, owner);
        if (refusal != Errors.NONE) {
            exchange.respond(created(exchange, owner, refusal));
            return;
        }
        tokens.sweep();
        long now = clock.millis();
        long life =
                request.maxLifetimeMs() <= 0
                        ? maxLifeMillis
                        : Math.min(request.maxLifetimeMs(), maxLifeMillis);
        List<String> renewers =
                request.renewers().stream().map(CreatableRenewers::principalName).toList();
        Principal of = new Principal(owner, client.tenant(), Set.of(), Map.of(), false);
        tokens.create(
                        of,
                        client.principal().user(),
                        renewers,
                        now + life,
                        now + Math.min(life, expiryMillis))
                .whenComplete(
                        (token, failure) ->
                                exchange.respond(
                                        token == null
                                                ? created(exchange, owner, KafkaErrors.of(failure))
                                                : created(exchange, owner, Errors.NONE)
                                                        .setTokenId(token.id())
                                                        .setHmac(token.hmac())
                                                        .setIssueTimestampMs(token.issuedAt())
                                                        .setExpiryTimestampMs(token.expiresAt())
                                                        .setMaxTimestampMs(token.endsAt())));
    }

    private static String owner(CreateDelegationTokenRequestData request, Client client) {
        String named = request.ownerPrincipalName();
        return named == null || named.isEmpty() ? client.principal().user() : named;
    }

    private Errors refusal(CreateDelegationTokenRequestData request, Client client, String owner) {
        if (!mayAsk(client)) {
            return Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED;
        }
        if (!owner.equals(client.principal().user())
                && !access.user(client, Action.CREATE_TOKENS, owner)) {
            return Errors.DELEGATION_TOKEN_AUTHORIZATION_FAILED;
        }
        String ownerType = request.ownerPrincipalType();
        boolean usersOnly =
                (ownerType == null || ownerType.isEmpty() || ownerType.equals(USER))
                        && request.renewers().stream()
                                .allMatch(renewer -> renewer.principalType().equals(USER));
        if (!usersOnly) {
            return Errors.INVALID_PRINCIPAL_TYPE;
        }
        return tokens.isFull() || request.renewers().size() > MOST_RENEWERS
                ? Errors.POLICY_VIOLATION
                : Errors.NONE;
    }

    private static CreateDelegationTokenResponseData created(
            Exchange exchange, String owner, Errors error) {
        CreateDelegationTokenResponseData response =
                new CreateDelegationTokenResponseData()
                        .setErrorCode(error.code())
                        .setPrincipalType(USER)
                        .setPrincipalName(owner)
                        .setTokenId("")
                        .setHmac(new byte[0])
                        .setIssueTimestampMs(-1)
                        .setExpiryTimestampMs(-1)
                        .setMaxTimestampMs(-1);
        return exchange.version() < FIRST_VERSION_FOR_OTHERS
                ? response
                : response.setTokenRequesterPrincipalType(USER)
                        .setTokenRequesterPrincipalName(exchange.client().principal().user());
    }

    public void renew(Exchange exchange) {
        RenewDelegationTokenRequestData request =
                exchange.body(RenewDelegationTokenRequestData.class);
        DelegationToken token = tokens.find(exchange.client().tenant(), request.hmac());
        Errors error = changeRefusal(exchange.client(), token);
        if (error == Errors.NONE && token != null && !tokens.isValid(token)) {
            error = Errors.DELEGATION_TOKEN_EXPIRED;
        }
        if (error != Errors.NONE || token == null) {
            exchange.respond(renewed(error, -1));
            return;
        }
        long more = request.renewPeriodMs() < 0 ? expiryMillis : request.renewPeriodMs();
        long until = Math.min(token.endsAt(), plus(clock.millis(), more));
        tokens.put(token.expiringAt(until))
                .whenComplete(
                        (_, failure) ->
                                exchange.respond(
                                        failure == null
                                                ? renewed(Errors.NONE, until)
                                                : renewed(KafkaErrors.of(failure), -1)));
    }

    private static long plus(long now, long more) {
        return more > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + more;
    }

    private static RenewDelegationTokenResponseData renewed(Errors error, long until) {
        return new RenewDelegationTokenResponseData()
                .setErrorCode(error.code())
                .setExpiryTimestampMs(until);
    }

    private static Errors changeRefusal(Client client, @Nullable DelegationToken token) {
        if (!mayAsk(client)) {
            return Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED;
        }
        if (token == null) {
            return Errors.DELEGATION_TOKEN_NOT_FOUND;
        }
        return token.concerns(client.principal().user())
                ? Errors.NONE
                : Errors.DELEGATION_TOKEN_OWNER_MISMATCH;
    }

    public void expire(Exchange exchange) {
        ExpireDelegationTokenRequestData request =
                exchange.body(ExpireDelegationTokenRequestData.class);
        DelegationToken token = tokens.find(exchange.client().tenant(), request.hmac());
        Errors error = changeRefusal(exchange.client(), token);
        boolean atOnce = request.expiryTimePeriodMs() < 0;
        if (error == Errors.NONE && token != null && !atOnce && !tokens.isValid(token)) {
            error = Errors.DELEGATION_TOKEN_EXPIRED;
        }
        if (error != Errors.NONE || token == null) {
            exchange.respond(expired(error, -1));
            return;
        }
        long now = clock.millis();
        long until =
                atOnce ? now : Math.min(token.endsAt(), plus(now, request.expiryTimePeriodMs()));
        CompletableFuture<?> done =
                atOnce ? tokens.delete(token) : tokens.put(token.expiringAt(until));
        done.whenComplete(
                (_, failure) ->
                        exchange.respond(
                                failure == null
                                        ? expired(Errors.NONE, until)
                                        : expired(KafkaErrors.of(failure), -1)));
    }

    private static ExpireDelegationTokenResponseData expired(Errors error, long until) {
        return new ExpireDelegationTokenResponseData()
                .setErrorCode(error.code())
                .setExpiryTimestampMs(until);
    }

    public void describe(Exchange exchange) {
        DescribeDelegationTokenRequestData request =
                exchange.body(DescribeDelegationTokenRequestData.class);
        DescribeDelegationTokenResponseData response = new DescribeDelegationTokenResponseData();
        Client client = exchange.client();
        if (!mayAsk(client)) {
            exchange.respond(
                    response.setErrorCode(Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code()));
            return;
        }
        tokens.sweep();
        List<DescribeDelegationTokenOwner> owners = request.owners();
        List<DescribedDelegationToken> found = new ArrayList<>();
        for (DelegationToken token : tokens.list(client.tenant())) {
            boolean asked =
                    owners == null
                            || owners.stream()
                                    .anyMatch(
                                            owner ->
                                                    owner.principalType().equals(USER)
                                                            && owner.principalName()
                                                                    .equals(token.owner()));
            if (asked && maySee(client, token)) {
                found.add(described(token, exchange.version()));
            }
        }
        exchange.respond(response.setTokens(found));
    }

    private boolean maySee(Client client, DelegationToken token) {
        return token.concerns(client.principal().user())
                || access.token(client, Action.DESCRIBE, token.id())
                || access.user(client, Action.DESCRIBE_TOKENS, token.owner());
    }

    private static DescribedDelegationToken described(DelegationToken token, short version) {
        DescribedDelegationToken described =
                new DescribedDelegationToken()
                        .setPrincipalType(USER)
                        .setPrincipalName(token.owner())
                        .setTokenId(token.id())
                        .setHmac(token.hmac())
                        .setIssueTimestamp(token.issuedAt())
                        .setExpiryTimestamp(token.expiresAt())
                        .setMaxTimestamp(token.endsAt());
        if (version >= FIRST_VERSION_FOR_OTHERS) {
            described
                    .setTokenRequesterPrincipalType(USER)
                    .setTokenRequesterPrincipalName(token.requester());
        }
        for (String renewer : token.renewers()) {
            described
                    .renewers()
                    .add(
                            new DescribedDelegationTokenRenewer()
                                    .setPrincipalType(USER)
                                    .setPrincipalName(renewer));
        }
        return described;
    }
}
