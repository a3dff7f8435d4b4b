package io.polymq.core.service;

import io.polymq.core.message.Message;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import org.jspecify.annotations.Nullable;

/**
 * A part of the broker that answers requests on subjects of its own. A protocol whose clients ask
 * by publishing (NATS) hands it what is published there instead of routing it; answers are
 * published to the message's reply subject. Called on the asking connection's thread; must not
 * block.
 */
public interface SubjectService {

    /** What all of its subjects begin with, dotted, such as {@code $mq9.AI.}. */
    String prefix();

    /**
     * Takes a request; the message is borrowed for the call. Whether who asks may publish to the
     * subject has been checked.
     *
     * @param rights what else who asks may do, for as long as the request takes
     * @return null when it was taken, else what the client is told in its protocol's error
     */
    @Nullable String request(
            Message message, Principal principal, Credentials.Peer peer, Rights rights);

    /** What who asks may publish and subscribe to, by whatever grants it. Any thread. */
    interface Rights {

        boolean mayPublish(Subject subject);

        boolean maySubscribe(Filter filter);

        /** By the broker's rules. */
        static Rights byRules(Security security, Principal principal, Credentials.Peer peer) {
            return new Rights() {
                @Override
                public boolean mayPublish(Subject subject) {
                    return security.allows(
                            principal,
                            peer,
                            Security.Action.WRITE,
                            new Security.Resource(
                                    Security.Resource.Kind.SUBJECT, subject.toString()));
                }

                @Override
                public boolean maySubscribe(Filter filter) {
                    return security.coverage(principal, peer, filter, "") == Security.Coverage.ALL;
                }
            };
        }
    }
}
