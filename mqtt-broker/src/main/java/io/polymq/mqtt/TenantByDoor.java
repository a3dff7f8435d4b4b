package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.Properties;
import io.polymq.core.security.Principal;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * The tenant of clients whose user has none of its own: what a user property of CONNECT says, else
 * what belongs to the listener or its port. A user's own tenant always wins. Shared, immutable.
 */
final class TenantByDoor {

    private final String property;
    private final Map<Integer, String> byPort = new HashMap<>();

    TenantByDoor(MqttSettings.TenantChoice choice) {
        property = choice.property();
        for (String listener : choice.listeners()) {
            String[] parts = listener.trim().split("\\s+");
            if (parts.length != 2 || !parts[0].chars().allMatch(Character::isDigit)) {
                throw new IllegalArgumentException(
                        "a listener's tenant is \"PORT TENANT\", not \"" + listener + '"');
            }
            byPort.put(Integer.valueOf(parts[0]), parts[1]);
        }
    }

    Principal of(Principal principal, MqttPacket.Connect connect, Door door, SocketAddress local) {
        if (!principal.tenant().equals(Principal.DEFAULT_TENANT)) {
            return principal;
        }
        if (!property.isEmpty()) {
            for (Properties.UserProperty named : connect.properties().userProperties()) {
                if (named.name().equals(property) && isName(named.value())) {
                    return principal.inTenant(named.value());
                }
            }
        }
        if (!door.tenant().isEmpty()) {
            return principal.inTenant(door.tenant());
        }
        String tenant = local instanceof InetSocketAddress inet ? byPort.get(inet.getPort()) : null;
        return tenant == null ? principal : principal.inTenant(tenant);
    }

    private static boolean isName(String tenant) {
        return !tenant.isEmpty() && tenant.length() <= 128 && tenant.indexOf('/') < 0;
    }
}
