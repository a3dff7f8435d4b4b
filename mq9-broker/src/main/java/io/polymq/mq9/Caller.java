package io.polymq.mq9;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.service.SubjectService;

/** Who asks. */
record Caller(Principal principal, Credentials.Peer peer, SubjectService.Rights rights) {

    String tenant() {
        return principal.tenant();
    }
}
