package io.polymq.core.security.login;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import java.util.concurrent.CompletionStage;

/** One way of finding out who somebody is. Any thread; never blocks the caller. */
public interface Authenticator {

    /** For logs and metrics. */
    String name();

    /** Fails only by mistake: that nobody could be asked is a verdict too. */
    CompletionStage<Verdict> check(Credentials credentials);

    /** What one authenticator has to say. */
    sealed interface Verdict {

        /** Not mine to judge; the next one is asked. */
        Verdict ABSTAIN = new Abstain();

        record Abstain() implements Verdict {}

        record Accept(Principal principal) implements Verdict {}

        record Refuse(Reason reason, String detail) implements Verdict {}
    }
}
