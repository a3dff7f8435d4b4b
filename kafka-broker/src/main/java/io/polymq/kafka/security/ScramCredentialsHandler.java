package io.polymq.kafka.security;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.ScramMechanism;
import io.polymq.core.security.users.ScramCredential;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import io.polymq.kafka.Access;
import io.polymq.kafka.Client;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData.ScramCredentialDeletion;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData.ScramCredentialUpsertion;
import org.apache.kafka.common.message.AlterUserScramCredentialsResponseData;
import org.apache.kafka.common.message.AlterUserScramCredentialsResponseData.AlterUserScramCredentialsResult;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData.UserName;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.CredentialInfo;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.DescribeUserScramCredentialsResult;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Serves the keys that look at and change users' SCRAM credentials (KIP-554): those of the shared
 * users in the client's tenant. Connection zone; changes end on metadata's threads.
 */
public final class ScramCredentialsHandler {

    private static final int MOST_ITERATIONS = 16_384;

    private final UserStore users;
    private final Access access;

    public ScramCredentialsHandler(UserStore users, Access access) {
        this.users = users;
        this.access = access;
    }

    private static @Nullable ScramMechanism mechanism(byte code) {
        return switch (code) {
            case 1 -> ScramMechanism.SHA_256;
            case 2 -> ScramMechanism.SHA_512;
            default -> null;
        };
    }

    private static byte code(ScramMechanism mechanism) {
        return switch (mechanism) {
            case SHA_256 -> 1;
            case SHA_512 -> 2;
        };
    }

    public void describe(Exchange exchange) {
        DescribeUserScramCredentialsRequestData request =
                exchange.body(DescribeUserScramCredentialsRequestData.class);
        DescribeUserScramCredentialsResponseData response =
                new DescribeUserScramCredentialsResponseData();
        Client client = exchange.client();
        if (!access.cluster(client, Action.DESCRIBE)) {
            Errors error = Errors.CLUSTER_AUTHORIZATION_FAILED;
            exchange.respond(response.setErrorCode(error.code()).setErrorMessage(error.message()));
            return;
        }
        List<UserName> asked = request.users();
        if (asked == null || asked.isEmpty()) {
            for (User user : users.all()) {
                if (isMine(client, user) && !user.scram().isEmpty()) {
                    response.results().add(described(user.name(), user));
                }
            }
            exchange.respond(response);
            return;
        }
        Map<String, Integer> times = new LinkedHashMap<>();
        asked.forEach(name -> times.merge(name.name(), 1, Integer::sum));
        times.forEach((name, count) -> response.results().add(described(client, name, count)));
        exchange.respond(response);
    }

    private static boolean isMine(Client client, User user) {
        return user.tenant().equals(client.tenant());
    }

    private DescribeUserScramCredentialsResult described(Client client, String name, int times) {
        if (times > 1) {
            return new DescribeUserScramCredentialsResult()
                    .setUser(name)
                    .setErrorCode(Errors.DUPLICATE_RESOURCE.code())
                    .setErrorMessage(
                            "Cannot describe SCRAM credentials for the same user twice in a single"
                                    + " request: "
                                    + name);
        }
        User user = users.find(name);
        if (user == null || !isMine(client, user) || user.scram().isEmpty()) {
            return new DescribeUserScramCredentialsResult()
                    .setUser(name)
                    .setErrorCode(Errors.RESOURCE_NOT_FOUND.code())
                    .setErrorMessage(
                            "Attempt to describe a user credential that does not exist: " + name);
        }
        return described(name, user);
    }

    private static DescribeUserScramCredentialsResult described(String name, User user) {
        List<CredentialInfo> infos = new ArrayList<>();
        for (ScramMechanism mechanism : ScramMechanism.values()) {
            ScramCredential credential = user.scram().get(mechanism);
            if (credential != null) {
                infos.add(
                        new CredentialInfo()
                                .setMechanism(code(mechanism))
                                .setIterations(credential.iterations()));
            }
        }
        return new DescribeUserScramCredentialsResult().setUser(name).setCredentialInfos(infos);
    }

    /** A refusal of one user's changes. */
    private record Refusal(Errors error, String message) {}

    /** What becomes of one user. */
    private static final class Wanted {
        final List<ScramCredentialDeletion> deletions = new ArrayList<>();
        final List<ScramCredentialUpsertion> upsertions = new ArrayList<>();
    }

    public void alter(Exchange exchange) {
        AlterUserScramCredentialsRequestData request =
                exchange.body(AlterUserScramCredentialsRequestData.class);
        AlterUserScramCredentialsResponseData response =
                new AlterUserScramCredentialsResponseData();
        Client client = exchange.client();
        Map<String, Wanted> byUser = new LinkedHashMap<>();
        request.deletions()
                .forEach(
                        each ->
                                byUser.computeIfAbsent(each.name(), _ -> new Wanted())
                                        .deletions
                                        .add(each));
        request.upsertions()
                .forEach(
                        each ->
                                byUser.computeIfAbsent(each.name(), _ -> new Wanted())
                                        .upsertions
                                        .add(each));
        boolean allowed = access.cluster(client, Action.ALTER);
        List<CompletableFuture<?>> open = new ArrayList<>();
        byUser.forEach(
                (name, wanted) -> {
                    AlterUserScramCredentialsResult result =
                            new AlterUserScramCredentialsResult().setUser(name);
                    response.results().add(result);
                    Refusal refusal =
                            allowed
                                    ? refusal(client, name, wanted)
                                    : new Refusal(
                                            Errors.CLUSTER_AUTHORIZATION_FAILED,
                                            Errors.CLUSTER_AUTHORIZATION_FAILED.message());
                    if (refusal != null) {
                        result.setErrorCode(refusal.error.code()).setErrorMessage(refusal.message);
                    } else {
                        open.add(change(client, name, wanted, result));
                    }
                });
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private @Nullable Refusal refusal(Client client, String name, Wanted wanted) {
        if (name.isEmpty()) {
            return new Refusal(Errors.UNACCEPTABLE_CREDENTIAL, "Username must not be empty");
        }
        Set<Byte> seen = new LinkedHashSet<>();
        for (ScramCredentialDeletion deletion : wanted.deletions) {
            if (!seen.add(deletion.mechanism())) {
                return twice();
            }
        }
        for (ScramCredentialUpsertion upsertion : wanted.upsertions) {
            if (!seen.add(upsertion.mechanism())) {
                return twice();
            }
            if (mechanism(upsertion.mechanism()) == null) {
                return new Refusal(Errors.UNSUPPORTED_SASL_MECHANISM, "Unknown SCRAM mechanism");
            }
            if (upsertion.iterations() < ScramCredential.MIN_ITERATIONS) {
                return new Refusal(Errors.UNACCEPTABLE_CREDENTIAL, "Too few iterations");
            }
            if (upsertion.iterations() > MOST_ITERATIONS) {
                return new Refusal(Errors.UNACCEPTABLE_CREDENTIAL, "Too many iterations");
            }
            if (upsertion.salt().length == 0 || upsertion.saltedPassword().length == 0) {
                return new Refusal(
                        Errors.UNACCEPTABLE_CREDENTIAL, "Salt and password must not be empty");
            }
        }
        User user = users.find(name);
        if (user != null && (!isMine(client, user) || user.admin() && !mayChange(client))) {
            return new Refusal(
                    Errors.UNACCEPTABLE_CREDENTIAL,
                    "Only administrators change the credentials of this user");
        }
        return deletionRefusal(user, wanted);
    }

    private boolean mayChange(Client client) {
        return client.principal().admin() || access.isSuperUser(client);
    }

    private static @Nullable Refusal deletionRefusal(@Nullable User user, Wanted wanted) {
        for (ScramCredentialDeletion deletion : wanted.deletions) {
            ScramMechanism mechanism = mechanism(deletion.mechanism());
            if (mechanism == null) {
                return new Refusal(Errors.UNSUPPORTED_SASL_MECHANISM, "Unknown SCRAM mechanism");
            }
            if (user == null || !user.scram().containsKey(mechanism)) {
                return new Refusal(
                        Errors.RESOURCE_NOT_FOUND,
                        "Attempt to delete a user credential that does not exist");
            }
        }
        return null;
    }

    private static Refusal twice() {
        return new Refusal(
                Errors.DUPLICATE_RESOURCE,
                "A user credential cannot be altered twice in the same request");
    }

    private CompletableFuture<?> change(
            Client client, String name, Wanted wanted, AlterUserScramCredentialsResult result) {
        CompletableFuture<?> changed;
        try {
            changed = users.change(name, before -> changed(client, name, before, wanted));
        } catch (IllegalArgumentException refused) {
            changed = CompletableFuture.failedFuture(refused);
        }
        return changed.handle(
                (_, failure) -> {
                    if (failure != null) {
                        result.setErrorCode(Errors.UNACCEPTABLE_CREDENTIAL.code())
                                .setErrorMessage(Futures.cause(failure).getMessage());
                    }
                    return result;
                });
    }

    /** A changed credential is a changed password: the one that was hashed ends to be valid. */
    private static @Nullable User changed(
            Client client, String name, @Nullable User before, Wanted wanted) {
        User user = before == null ? User.named(name).in(client.tenant()) : before;
        Map<ScramMechanism, ScramCredential> scram = new EnumMap<>(ScramMechanism.class);
        scram.putAll(new HashMap<>(user.scram()));
        for (ScramCredentialDeletion deletion : wanted.deletions) {
            ScramMechanism mechanism = mechanism(deletion.mechanism());
            if (mechanism != null) {
                scram.remove(mechanism);
            }
        }
        for (ScramCredentialUpsertion upsertion : wanted.upsertions) {
            ScramMechanism mechanism = mechanism(upsertion.mechanism());
            if (mechanism != null) {
                scram.put(
                        mechanism,
                        ScramCredential.ofSalted(
                                mechanism,
                                upsertion.salt(),
                                upsertion.iterations(),
                                upsertion.saltedPassword()));
            }
        }
        User after = user.with(wanted.upsertions.isEmpty() ? user.password() : null, scram);
        boolean nothingLeft =
                scram.isEmpty()
                        && after.password() == null
                        && after.groups().isEmpty()
                        && !after.admin();
        return nothingLeft ? null : after;
    }
}
