package io.polymq.mqtt;

import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.ScramMechanism;
import org.jspecify.annotations.Nullable;

/** One SCRAM exchange carried in AUTH packets (4.12). Connection zone. */
final class EnhancedAuthentication {

    private final String method;
    private final Security.ScramExchange scram;
    private byte[] last = new byte[0];

    /** Where the exchange stands after a step. */
    sealed interface Step {}

    record Continue(byte[] data) implements Step {}

    record Done(Principal principal, byte[] data) implements Step {}

    record Failed(ReasonCode reason) implements Step {}

    private EnhancedAuthentication(String method, Security.ScramExchange scram) {
        this.method = method;
        this.scram = scram;
    }

    /** Null when the method is not known. */
    static @Nullable EnhancedAuthentication of(
            String method, Security security, Credentials.Peer peer) {
        ScramMechanism mechanism =
                switch (method) {
                    case "SCRAM-SHA-256" -> ScramMechanism.SHA_256;
                    case "SCRAM-SHA-512" -> ScramMechanism.SHA_512;
                    default -> null;
                };
        return mechanism == null
                ? null
                : new EnhancedAuthentication(method, security.scram(mechanism, peer));
    }

    String method() {
        return method;
    }

    Step step(byte @Nullable [] data) {
        try {
            byte[] answer = scram.step(data == null ? new byte[0] : data);
            AuthResult result = scram.result().orElse(null);
            return switch (result) {
                case null -> new Continue(answer);
                case AuthResult.Accepted accepted -> {
                    last = answer;
                    yield new Done(accepted.principal(), answer);
                }
                case AuthResult.Refused refused ->
                        new Failed(MqttErrors.toReason(refused.reason(), true));
            };
        } catch (Security.ScramException e) {
            return new Failed(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        }
    }

    Properties properties(byte[] data) {
        return Properties.builder()
                .text(Property.AUTHENTICATION_METHOD, method)
                .data(Property.AUTHENTICATION_DATA, data)
                .build();
    }

    /** The last server message goes with CONNACK. */
    void addTo(Properties.Builder answer) {
        answer.text(Property.AUTHENTICATION_METHOD, method)
                .data(Property.AUTHENTICATION_DATA, last);
    }
}
