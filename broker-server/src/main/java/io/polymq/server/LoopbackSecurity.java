package io.polymq.server;

import io.polymq.config.PolyMqConfig;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * The door of a broker without users: whatever a client brings, it is the anonymous user, who may
 * do everything but administrate. Only for a broker that nobody but this machine can reach. Shared.
 */
final class LoopbackSecurity implements Security {

    private LoopbackSecurity() {}

    /** Refuses a configuration that others can reach, unless it writes out that they may. */
    static LoopbackSecurity of(PolyMqConfig config) throws StartupException {
        if (!Boolean.TRUE.equals(config.auth().allowAnonymous())) {
            for (String address : addresses(config)) {
                if (!isLoopback(address)) {
                    throw new StartupException(
                            ExitCode.CONFIGURATION,
                            "Clients on other machines could log in as anyone, because bind has "
                                    + address
                                    + ": write auth.allow_anonymous = true if that is what you want.",
                            null);
                }
            }
        }
        return new LoopbackSecurity();
    }

    private static List<String> addresses(PolyMqConfig config) {
        return Stream.of(
                        config.network().bind(),
                        config.mqttRuntime().bind(),
                        config.kafkaRuntime().bind(),
                        config.amqpRuntime().bind(),
                        config.natsRuntime().bind())
                .flatMap(List::stream)
                .distinct()
                .toList();
    }

    private static boolean isLoopback(String address) {
        try {
            return InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false;
        }
    }

    @Override
    public CompletionStage<AuthResult> authenticate(Credentials credentials) {
        return CompletableFuture.completedFuture(new AuthResult.Accepted(Principal.ANONYMOUS));
    }

    @Override
    public boolean loginRequired() {
        return false;
    }

    @Override
    public ScramExchange scram(ScramMechanism mechanism, Credentials.Peer peer) {
        throw new IllegalStateException("no login is asked for, so SCRAM is not offered");
    }

    @Override
    public boolean allows(
            Principal principal, Credentials.Peer peer, Action action, Resource resource) {
        return why(principal, peer, action, resource).allowed();
    }

    @Override
    public Decision why(
            Principal principal, Credentials.Peer peer, Action action, Resource resource) {
        return action == Action.ADMIN
                ? new Decision(false, "the anonymous user is no administrator")
                : new Decision(true, "there is no user but the anonymous one");
    }
}
