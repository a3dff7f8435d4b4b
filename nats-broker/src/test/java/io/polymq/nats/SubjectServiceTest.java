package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.conformance.TestSecurity;
import io.polymq.core.message.Message;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.service.SubjectService;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SubjectServiceTest {

    /** Takes what ends in "known" and refuses the rest. */
    private static final class Answers implements SubjectService {

        @Override
        public String prefix() {
            return "$svc.";
        }

        @Override
        public @Nullable String request(
                Message message,
                Principal principal,
                Credentials.Peer peer,
                SubjectService.Rights rights) {
            return message.subject().toString().endsWith("known")
                    ? null
                    : "unrecognized subject: " + message.subject() + " by " + principal.user();
        }
    }

    @Test
    void aServiceTakesWhatIsPublishedToItsSubjectsAndNobodyElseGetsIt() throws Exception {
        try (TestNats nats =
                        new TestNats(
                                TestNats.SETTINGS, TestSecurity.open(), 0, List.of(new Answers()));
                WireClient client = WireClient.connected(nats.address(), "")) {
            client.send("SUB $svc.> 1\r\nPUB $svc.known inbox 2\r\nhi\r\n");
            client.send("PUB $svc 2\r\nhi\r\n");

            assertThat(client.untilPong()).isEmpty();
        }
    }

    @Test
    void aRequestThatAServiceRefusesIsAnsweredByAnError() throws Exception {
        try (TestNats nats =
                        new TestNats(
                                TestNats.SETTINGS, TestSecurity.open(), 0, List.of(new Answers()));
                WireClient client = WireClient.connected(nats.address(), "")) {
            client.send("PUB $svc.other 0\r\n\r\nPUB $svc.known 0\r\n\r\n");

            assertThat(client.untilPong())
                    .isEqualTo("-ERR 'unrecognized subject: $svc.other by anonymous'\r\n");
        }
    }
}
