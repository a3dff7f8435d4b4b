package io.polymq.core.security.users;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.security.Security.ScramMechanism;
import java.io.IOException;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Users as JSON, for the metadata alone: it holds what is kept of their passwords. */
final class UserCodec {

    private static final ObjectMapper JSON = new ObjectMapper();

    private UserCodec() {}

    static byte[] encode(User user) {
        ObjectNode node = JSON.createObjectNode();
        node.put("tenant", user.tenant());
        user.groups().stream().sorted().forEach(node.withArray("groups")::add);
        node.put("admin", user.admin());
        node.put("enabled", user.enabled());
        PasswordHash password = user.password();
        if (password != null) {
            node.put("password", password.encoded());
        }
        user.scram()
                .forEach(
                        (mechanism, credential) -> {
                            ObjectNode one = node.withObject("scram").putObject(mechanism.name());
                            one.put("salt", credential.salt());
                            one.put("iterations", credential.iterations());
                            one.put("stored", credential.storedKey());
                            one.put("server", credential.serverKey());
                        });
        try {
            return JSON.writeValueAsBytes(node);
        } catch (IOException e) {
            throw new IllegalStateException("a tree of texts can be written", e);
        }
    }

    static User decode(String name, byte[] bytes) throws IOException {
        JsonNode node = JSON.readTree(bytes);
        Set<String> groups = new HashSet<>();
        node.path("groups").forEach(group -> groups.add(group.asText()));
        Map<ScramMechanism, ScramCredential> scram = new EnumMap<>(ScramMechanism.class);
        node.path("scram")
                .properties()
                .forEach(
                        entry ->
                                scram.put(
                                        ScramMechanism.valueOf(entry.getKey()),
                                        credential(entry.getValue())));
        String password = node.path("password").asText();
        return new User(
                name,
                node.path("tenant").asText(),
                groups,
                node.path("admin").asBoolean(),
                node.path("enabled").asBoolean(),
                password.isEmpty() ? null : PasswordHash.parse(password),
                scram);
    }

    private static ScramCredential credential(JsonNode node) {
        return new ScramCredential(
                bytes(node.path("salt")),
                node.path("iterations").asInt(),
                bytes(node.path("stored")),
                bytes(node.path("server")));
    }

    private static byte[] bytes(JsonNode node) {
        return Base64.getDecoder().decode(node.asText());
    }
}
