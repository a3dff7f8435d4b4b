package io.polymq.core.security.login;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.login.Authenticator.Verdict;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Asks one after the other until one does not abstain. Shared. */
public final class Chain {

    private final List<Authenticator> links;

    public Chain(List<Authenticator> links) {
        this.links = List.copyOf(links);
    }

    /** Abstains when all do. */
    public CompletionStage<Verdict> check(Credentials credentials) {
        return from(0, credentials);
    }

    private CompletionStage<Verdict> from(int index, Credentials credentials) {
        if (index == links.size()) {
            return CompletableFuture.completedFuture(Verdict.ABSTAIN);
        }
        return links.get(index)
                .check(credentials)
                .thenCompose(
                        verdict ->
                                verdict instanceof Verdict.Abstain
                                        ? from(index + 1, credentials)
                                        : CompletableFuture.completedFuture(verdict));
    }
}
