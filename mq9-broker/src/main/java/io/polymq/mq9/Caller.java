package io.polymq.mq9;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.SubjectService;

/** Who asks. */
record Caller(Principal principal, Credentials.Peer peer, SubjectService.Rights rights) {

    String tenant() {
        return principal.tenant();
    }

    /** As events name it. */
    BrokerEvent.Client asClient() {
        return new BrokerEvent.Client(
                "mq9", tenant(), peer.clientId(), principal.user(), String.valueOf(peer.address()));
    }
}
