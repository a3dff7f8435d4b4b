package io.polymq.mq9;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;

/** Who asks. */
record Caller(Principal principal, Credentials.Peer peer) {

    String tenant() {
        return principal.tenant();
    }
}
