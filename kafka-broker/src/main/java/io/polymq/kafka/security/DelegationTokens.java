package io.polymq.kafka.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.Security.ScramExchange;
import io.polymq.core.security.Security.ScramMechanism;
import io.polymq.core.security.users.ScramCredential;
import io.polymq.core.security.users.ScramServer;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import io.polymq.meta.CachedView;
import io.polymq.meta.NodeCache;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The delegation tokens, in the metadata under {@code kafka/tokens/}. Expired ones are deleted when
 * others are made or listed. Shared.
 */
public final class DelegationTokens {

    static final int MOST = 10_000;

    private static final String PREFIX = "kafka/tokens/";
    private static final String ENDS = "token-expires-at";
    private static final int HMAC_BYTES = 64;

    private final NodeCache cache;
    private final CachedView<DelegationToken> view;
    private final UserStore users;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final byte[] decoyKey = new byte[32];

    public DelegationTokens(NodeCache cache, UserStore users, InstantSource clock) {
        this.cache = cache;
        this.users = users;
        this.clock = clock;
        this.view = cache.view(PREFIX, DelegationToken::decode);
        random.nextBytes(decoyKey);
    }

    public CompletableFuture<Void> ready() {
        return view.ready();
    }

    boolean isFull() {
        return view.size() >= MOST;
    }

    /** Makes one with a secret that nobody knows yet. */
    CompletableFuture<DelegationToken> create(
            Principal owner, String requester, List<String> renewers, long endsAt, long expiresAt) {
        byte[] hmac = new byte[HMAC_BYTES];
        random.nextBytes(hmac);
        byte[] password = Base64.getEncoder().encode(hmac);
        Map<ScramMechanism, ScramCredential> scram = new EnumMap<>(ScramMechanism.class);
        for (ScramMechanism mechanism : ScramMechanism.values()) {
            scram.put(
                    mechanism,
                    ScramCredential.make(
                            mechanism, password, ScramCredential.MIN_ITERATIONS, random));
        }
        return put(
                new DelegationToken(
                        Uuid.randomUuid().toString(),
                        owner.tenant(),
                        owner.user(),
                        requester,
                        renewers,
                        clock.millis(),
                        expiresAt,
                        endsAt,
                        hmac,
                        scram));
    }

    CompletableFuture<DelegationToken> put(DelegationToken token) {
        return cache.store()
                .put(PREFIX + token.id(), token.encode())
                .thenCompose(view::reached)
                .thenApply(_ -> token);
    }

    CompletableFuture<Void> delete(DelegationToken token) {
        return cache.store().delete(PREFIX + token.id()).thenCompose(view::reached);
    }

    /** Null when there is none with that secret. */
    @Nullable DelegationToken find(String tenant, byte[] hmac) {
        for (CachedView.Versioned<DelegationToken> one : view.all().values()) {
            DelegationToken token = one.value();
            if (token.tenant().equals(tenant) && MessageDigest.isEqual(token.hmac(), hmac)) {
                return token;
            }
        }
        return null;
    }

    /** Those of a tenant that have not expired. */
    List<DelegationToken> list(String tenant) {
        return view.all().values().stream()
                .map(CachedView.Versioned::value)
                .filter(token -> token.tenant().equals(tenant) && isValid(token))
                .toList();
    }

    boolean isValid(DelegationToken token) {
        return token.expiresAt() > clock.millis();
    }

    /** Deletes what has expired; nobody waits for it. */
    void sweep() {
        view.all().values().stream()
                .map(CachedView.Versioned::value)
                .filter(token -> !isValid(token))
                .forEach(token -> cache.store().delete(PREFIX + token.id()));
    }

    /** A SCRAM exchange in which the user's name is a token's id and the password its secret. */
    ScramExchange scram(ScramMechanism mechanism, Credentials.Peer peer) {
        return new ScramServer(mechanism, new Realm(mechanism), _ -> Optional.empty(), random);
    }

    /** When the token that the principal came by expires. */
    long endOf(Principal principal) {
        return Long.parseLong(principal.attributes().getOrDefault(ENDS, "-1"));
    }

    private final class Realm implements ScramServer.Realm {

        private final ScramMechanism mechanism;

        Realm(ScramMechanism mechanism) {
            this.mechanism = mechanism;
        }

        private @Nullable DelegationToken valid(String id) {
            DelegationToken token = view.get(id);
            return token != null && isValid(token) ? token : null;
        }

        @Override
        public @Nullable ScramCredential credential(String id) {
            DelegationToken token = valid(id);
            return token == null ? null : token.scram().get(mechanism);
        }

        @Override
        public ScramCredential decoy(String id) {
            return ScramCredential.decoy(
                    mechanism, decoyKey, id.getBytes(UTF_8), ScramCredential.MIN_ITERATIONS);
        }

        @Override
        public AuthResult accepted(String id) {
            DelegationToken token = valid(id);
            if (token == null) {
                return new AuthResult.Refused(Reason.EXPIRED, "the token has expired");
            }
            User owner = users.find(token.owner());
            if (owner != null && !owner.enabled()) {
                return new AuthResult.Refused(Reason.BANNED, "the token's owner is disabled");
            }
            Set<String> groups = owner == null ? Set.of() : owner.groups();
            return new AuthResult.Accepted(
                    new Principal(
                            token.owner(),
                            token.tenant(),
                            groups,
                            Map.of(ENDS, Long.toString(token.expiresAt())),
                            owner != null && owner.admin()));
        }

        @Override
        public AuthResult refused(String id, Reason reason, String detail) {
            return new AuthResult.Refused(reason, detail);
        }
    }
}
