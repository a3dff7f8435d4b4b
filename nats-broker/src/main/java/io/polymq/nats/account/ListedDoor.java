package io.polymq.nats.account;

import io.polymq.core.security.Principal;
import io.polymq.core.security.users.PasswordHash;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.AuthorizationOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.PermissionOptions;
import io.polymq.nats.options.ServerOptions;
import io.polymq.nats.options.UserOptions;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Users, nkeys and secrets of a nats-server configuration. Passwords that are bcrypt hashes are
 * checked away from the loops. Shared, immutable.
 */
final class ListedDoor implements Door {

    private record Entry(UserOptions options, NatsUser user, @Nullable PasswordHash hash) {}

    private static final Set<String> ANY_TYPE = Set.of();

    private final Map<String, Entry> users = new HashMap<>();
    private final Map<String, Entry> nkeys = new HashMap<>();
    private final AuthorizationOptions secrets;
    private final @Nullable PasswordHash secretHash;
    private final NatsUser global;
    private final @Nullable String noAuthUser;
    private final @Nullable String webSocketNoAuthUser;
    private final boolean mapsCertificates;
    private final Executor slow;

    ListedDoor(ServerOptions options, Accounts accounts, Executor slow) throws OptionsException {
        ServerOptions.Identity identity = options.identity();
        this.slow = slow;
        this.secrets = identity.authorization();
        this.secretHash = hash(secrets.token() == null ? secrets.password() : secrets.token());
        this.global = user("", accounts.global(), secrets.defaultPermissions());
        for (UserOptions user : secrets.users()) {
            add(user, accounts.global(), secrets.defaultPermissions());
        }
        for (AccountOptions account : identity.accounts()) {
            for (UserOptions user : account.users()) {
                add(user, accounts.get(account.name()), account.defaultPermissions());
            }
        }
        this.noAuthUser = known(identity.noAuthUser(), "no_auth_user");
        var webSocket = options.transports().webSocket();
        this.webSocketNoAuthUser =
                webSocket == null ? null : known(webSocket.noAuthUser(), "websocket no_auth_user");
        var tls = options.transports().tls();
        this.mapsCertificates = tls != null && tls.map();
    }

    private void add(
            UserOptions options, @Nullable Account account, @Nullable PermissionOptions defaults)
            throws OptionsException {
        if (account == null) {
            throw new OptionsException("the account of user " + options.name() + " is missing");
        }
        PermissionOptions written =
                options.permissions() == null ? defaults : options.permissions();
        Entry entry =
                new Entry(
                        options, user(options.name(), account, written), hash(options.password()));
        if (options.isNkey() && !Nkey.isPublic(options.name(), 'U')) {
            throw new OptionsException("not a valid public nkey for a user: " + options.name());
        }
        if ((options.isNkey() ? nkeys : users).putIfAbsent(options.name(), entry) != null) {
            throw new OptionsException("duplicate user \"" + options.name() + "\" detected");
        }
    }

    private static NatsUser user(
            String name, Account account, @Nullable PermissionOptions permissions) {
        Principal principal = new Principal(name, account.tenant(), Set.of(), Map.of(), false);
        return NatsUser.unbounded(
                name,
                account,
                principal,
                permissions == null ? SubjectPermissions.ALL : SubjectPermissions.of(permissions));
    }

    private static @Nullable PasswordHash hash(@Nullable String password) throws OptionsException {
        if (password == null || !password.startsWith("$2")) {
            return null;
        }
        try {
            return PasswordHash.parse(password);
        } catch (IllegalArgumentException e) {
            throw new OptionsException("a password that begins with $2 is no bcrypt hash");
        }
    }

    private @Nullable String known(@Nullable String name, String key) throws OptionsException {
        if (name != null && !users.containsKey(name) && !nkeys.containsKey(name)) {
            throw new OptionsException(
                    key
                            + ": \""
                            + name
                            + "\" not present as user or nkey in authorization block"
                            + " or account configuration");
        }
        return name;
    }

    private boolean isOpen() {
        return secrets.isEmpty() && users.isEmpty() && nkeys.isEmpty();
    }

    @Override
    public boolean loginRequired() {
        return !isOpen() && noAuthUser == null;
    }

    @Override
    public boolean asksForSignature() {
        return !nkeys.isEmpty();
    }

    @Override
    public @Nullable NatsUser anonymous() {
        return isOpen() ? global : named(noAuthUser);
    }

    private @Nullable NatsUser named(@Nullable String name) {
        Entry entry = name == null ? null : users.getOrDefault(name, nkeys.get(name));
        return entry == null ? null : entry.user();
    }

    @Override
    public CompletionStage<Admission> admit(LoginRequest request) {
        if (isOpen()) {
            return admitted(global);
        }
        if (request.nkey() != null && !nkeys.isEmpty()) {
            return byNkey(request, request.nkey());
        }
        if (mapsCertificates && !users.isEmpty()) {
            return byCertificate(request);
        }
        if (request.isBare()) {
            NatsUser nobody =
                    request.connectionType().equals("WEBSOCKET") && webSocketNoAuthUser != null
                            ? named(webSocketNoAuthUser)
                            : named(noAuthUser);
            if (nobody != null) {
                return admitted(nobody);
            }
        }
        if (request.user() != null && !users.isEmpty()) {
            Entry entry = users.get(request.user());
            if (entry == null || !fits(entry, request)) {
                return refused("no such user: " + request.user());
            }
            return compared(
                    entry.options().password(), entry.hash(), request.password(), entry.user());
        }
        return bySecret(request);
    }

    private CompletionStage<Admission> bySecret(LoginRequest request) {
        if (secrets.token() != null) {
            String given = request.token() == null ? request.user() : request.token();
            return compared(secrets.token(), secretHash, given, global);
        }
        if (secrets.user() != null && secrets.user().equals(request.user())) {
            NatsUser user = user(secrets.user(), global.account(), secrets.defaultPermissions());
            return compared(secrets.password(), secretHash, request.password(), user);
        }
        return refused("no login that is known");
    }

    private CompletionStage<Admission> byNkey(LoginRequest request, String nkey) {
        Entry entry = nkeys.get(nkey);
        if (entry == null || !fits(entry, request)) {
            return refused("no such nkey");
        }
        if (nkey.equals(noAuthUser)) {
            return admitted(entry.user());
        }
        Nkey key = Nkey.parse(nkey, 'U');
        return key != null && key.verifies(request.nonce(), request.signature())
                ? admitted(entry.user())
                : refused("the signature is not that nkey's");
    }

    private CompletionStage<Admission> byCertificate(LoginRequest request) {
        X509Certificate certificate = request.peer().certificate();
        if (certificate == null) {
            return refused("no client certificate");
        }
        for (String name : CertificateNames.of(certificate)) {
            Entry entry = users.get(name);
            if (entry != null && fits(entry, request)) {
                return admitted(entry.user());
            }
        }
        for (Map.Entry<String, Entry> one : users.entrySet()) {
            if (CertificateNames.sameName(one.getKey(), certificate)
                    && fits(one.getValue(), request)) {
                return admitted(one.getValue().user());
            }
        }
        return refused("no user is named in the client certificate");
    }

    private static boolean fits(Entry entry, LoginRequest request) {
        Set<String> types = entry.options().connectionTypes();
        return types.equals(ANY_TYPE) || types.contains(request.connectionType());
    }

    private CompletionStage<Admission> compared(
            @Nullable String expected,
            @Nullable PasswordHash hash,
            @Nullable String given,
            NatsUser user) {
        byte[] bytes = (given == null ? "" : given).getBytes(StandardCharsets.UTF_8);
        if (hash != null) {
            return CompletableFuture.supplyAsync(
                    () ->
                            hash.verify(bytes)
                                    ? new Admission.Admitted(user)
                                    : new Admission.Refused("wrong password"),
                    slow);
        }
        byte[] wanted = (expected == null ? "" : expected).getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(wanted, bytes) ? admitted(user) : refused("wrong password");
    }

    private static CompletionStage<Admission> admitted(NatsUser user) {
        return CompletableFuture.completedFuture(new Admission.Admitted(user));
    }

    private static CompletionStage<Admission> refused(String why) {
        return CompletableFuture.completedFuture(new Admission.Refused(why));
    }

    /** Every user, for monitoring. */
    List<String> names() {
        return List.copyOf(users.keySet());
    }
}
