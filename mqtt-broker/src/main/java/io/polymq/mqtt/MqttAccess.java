package io.polymq.mqtt;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;

/** Puts MQTT's questions to the core's rules. Any thread. */
final class MqttAccess {

    private static final byte[] SYS = bytes("$SYS");
    private static final byte[] SHARE = bytes("$share");
    private static final byte[] BRIDGE_STATE = bytes("$SYS.broker.connection.");
    private static final byte[] STATE = bytes(".state");

    private final Security security;

    MqttAccess(Security security) {
        this.security = security;
    }

    Security security() {
        return security;
    }

    /** Changes whenever an answer may have changed. */
    long rules() {
        return security.generation();
    }

    boolean mayRead(Principal principal, Credentials.Peer peer, Subject subject) {
        return allows(principal, peer, Security.Action.READ, subject.toString());
    }

    Security.Coverage coverage(
            Principal principal, Credentials.Peer peer, Subscriptions.Target target) {
        String group = target.group();
        return security.coverage(principal, peer, target.filter(), group == null ? "" : group);
    }

    boolean mayWrite(Principal principal, Credentials.Peer peer, Subject subject) {
        return !isBrokersOwn(subject)
                && allows(principal, peer, Security.Action.WRITE, subject.toString());
    }

    private boolean allows(
            Principal principal, Credentials.Peer peer, Security.Action action, String name) {
        return security.allows(
                principal,
                peer,
                action,
                new Security.Resource(Security.Resource.Kind.SUBJECT, name));
    }

    /** {@code $SYS} is the broker's, but for the state that a bridge tells of itself. */
    private static boolean isBrokersOwn(Subject subject) {
        if (!subject.isReserved()) {
            return false;
        }
        byte[] name = subject.dotted();
        if (beginsWithLevel(name, SHARE)) {
            return true;
        }
        boolean bridge =
                startsWith(name, BRIDGE_STATE)
                        && name.length > BRIDGE_STATE.length + STATE.length
                        && endsWith(name, STATE);
        return beginsWithLevel(name, SYS) && !bridge;
    }

    private static boolean beginsWithLevel(byte[] name, byte[] level) {
        return startsWith(name, level)
                && (name.length == level.length || name[level.length] == '.');
    }

    private static boolean startsWith(byte[] name, byte[] prefix) {
        return name.length >= prefix.length
                && java.util.Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static boolean endsWith(byte[] name, byte[] suffix) {
        return java.util.Arrays.equals(
                name, name.length - suffix.length, name.length, suffix, 0, suffix.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
