package io.polymq.kafka.security;

import io.polymq.core.security.Security.ScramMechanism;
import io.polymq.core.security.users.ScramCredential;
import io.polymq.kafka.cluster.BrokerSettings;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A delegation token (KIP-48): a secret that lets others work as its owner for a while. Times are
 * milliseconds since 1970. Immutable.
 *
 * @param requester who made it, for the owner
 * @param renewers who may prolong it, besides the owner
 * @param hmac the secret
 * @param scram what SCRAM needs of the secret
 */
record DelegationToken(
        String id,
        String tenant,
        String owner,
        String requester,
        List<String> renewers,
        long issuedAt,
        long expiresAt,
        long endsAt,
        byte[] hmac,
        Map<ScramMechanism, ScramCredential> scram) {

    private static final Base64.Encoder TO_TEXT = Base64.getEncoder();
    private static final Base64.Decoder FROM_TEXT = Base64.getDecoder();

    DelegationToken {
        renewers = List.copyOf(renewers);
        scram = Map.copyOf(scram);
    }

    DelegationToken expiringAt(long when) {
        return new DelegationToken(
                id, tenant, owner, requester, renewers, issuedAt, when, endsAt, hmac, scram);
    }

    boolean concerns(String user) {
        return owner.equals(user) || requester.equals(user) || renewers.contains(user);
    }

    byte[] encode() {
        Map<String, String> fields = new HashMap<>();
        fields.put("tenant", tenant);
        fields.put("owner", owner);
        fields.put("requester", requester);
        for (int i = 0; i < renewers.size(); i++) {
            fields.put("renewer." + i, renewers.get(i));
        }
        fields.put("issued", Long.toString(issuedAt));
        fields.put("expires", Long.toString(expiresAt));
        fields.put("ends", Long.toString(endsAt));
        fields.put("hmac", TO_TEXT.encodeToString(hmac));
        scram.forEach(
                (mechanism, credential) -> {
                    fields.put(mechanism + ".salt", TO_TEXT.encodeToString(credential.salt()));
                    fields.put(
                            mechanism + ".iterations", Integer.toString(credential.iterations()));
                    fields.put(
                            mechanism + ".stored", TO_TEXT.encodeToString(credential.storedKey()));
                    fields.put(
                            mechanism + ".server", TO_TEXT.encodeToString(credential.serverKey()));
                });
        return BrokerSettings.encode(fields);
    }

    static DelegationToken decode(String id, byte[] bytes) {
        Map<String, String> fields = BrokerSettings.decode(bytes);
        List<String> renewers = new ArrayList<>();
        for (String name = fields.get("renewer.0");
                name != null;
                name = fields.get("renewer." + renewers.size())) {
            renewers.add(name);
        }
        Map<ScramMechanism, ScramCredential> scram = new EnumMap<>(ScramMechanism.class);
        for (ScramMechanism mechanism : ScramMechanism.values()) {
            scram.put(
                    mechanism,
                    new ScramCredential(
                            bytes(fields, mechanism + ".salt"),
                            Integer.parseInt(field(fields, mechanism + ".iterations")),
                            bytes(fields, mechanism + ".stored"),
                            bytes(fields, mechanism + ".server")));
        }
        return new DelegationToken(
                id,
                field(fields, "tenant"),
                field(fields, "owner"),
                field(fields, "requester"),
                renewers,
                Long.parseLong(field(fields, "issued")),
                Long.parseLong(field(fields, "expires")),
                Long.parseLong(field(fields, "ends")),
                bytes(fields, "hmac"),
                scram);
    }

    private static byte[] bytes(Map<String, String> fields, String name) {
        return FROM_TEXT.decode(field(fields, name));
    }

    private static String field(Map<String, String> fields, String name) {
        @Nullable String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("a delegation token without " + name);
        }
        return value;
    }

    @Override
    public String toString() {
        return "DelegationToken[" + id + " of " + owner + "]";
    }
}
