package io.polymq.nats.options;

import java.util.List;
import java.util.Map;

/**
 * Operator mode: whose accounts are trusted, and the accounts themselves. Immutable.
 *
 * @param tokens the operators' JWTs
 * @param trustedKeys public keys that are trusted without a JWT
 * @param accounts account JWTs by the account's public key
 */
public record OperatorOptions(
        List<String> tokens, List<String> trustedKeys, Map<String, String> accounts) {
    public OperatorOptions {
        tokens = List.copyOf(tokens);
        trustedKeys = List.copyOf(trustedKeys);
        accounts = Map.copyOf(accounts);
    }
}
