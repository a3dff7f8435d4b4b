package io.polymq.core.security.rules;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What rules look at in whoever asks. Immutable. */
public record Asker(
        String user,
        String tenant,
        Set<String> groups,
        String clientId,
        @Nullable InetAddress address) {

    public static Asker of(Principal principal, Credentials.Peer peer) {
        return new Asker(
                principal.user(),
                principal.tenant(),
                principal.groups(),
                peer.clientId(),
                AddressRange.of(peer.address()));
    }
}
