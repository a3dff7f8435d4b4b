package io.polymq.server;

import io.polymq.config.PolyMqConfig;
import io.polymq.core.security.BrokerSecurity;
import java.util.ArrayList;
import java.util.List;

/** What the operator should know after the start, a sentence each. */
final class Notices {
    private Notices() {}

    static List<String> of(PolyMqConfig config, BrokerSecurity security) {
        List<String> notices = new ArrayList<>();
        security.generatedPassword()
                .ifPresent(
                        password ->
                                notices.add(
                                        "The first administrator is "
                                                + config.auth().admin().user()
                                                + " with the password "
                                                + password
                                                + ", which is shown only this once."));
        if (security.isOpen()) {
            notices.add(
                    Reach.loopbackOnly(config)
                            ? "No user is configured and everything binds loopback: clients need no"
                                    + " login, and whatever they bring is taken as the anonymous user."
                            : "auth.allow_anonymous is true: whoever reaches this broker is let in, as"
                                    + " the anonymous user.");
        }
        if (!Reach.loopbackOnly(config) && security.loginRequired()) {
            notices.add(
                    "Clients from other machines can reach this broker, so every client needs a"
                            + " login; auth.allow_anonymous = true would let all of them in.");
        }
        return notices;
    }
}
