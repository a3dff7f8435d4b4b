package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import io.polymq.config.schema.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code [auth.jwt]}: signed tokens are logins. */
@Doc("Signed tokens are logins, as a bearer token or in place of a password.")
public record JwtConfig(
        @Doc("Signatures that are taken.")
                @OneOf({
                    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                    "ES256", "ES384", "ES512", "EdDSA"
                })
                @Default("RS256, ES256, EdDSA")
                List<String> algorithms,
        @Doc(value = "The secret of HS signatures.", example = "\"...\"") @Nullable Secret secret,
        @Doc(value = "PEM file with the public key.", example = "\"issuer.pem\"")
                @Nullable Path publicKey,
        @Doc(
                        value = "File with a JSON Web Key Set; read again when it changes.",
                        example = "\"jwks.json\"")
                @Nullable Path jwksFile,
        @Doc(
                        value = "Address of a JSON Web Key Set.",
                        example = "\"https://issuer.example/jwks.json\"")
                @Nullable String jwksUrl,
        @Doc("How long fetched keys are used before they are fetched again.") @Default("10m")
                Duration jwksRefresh,
        @Doc("How long fetching them may take.") @Default("5s") Duration timeout,
        @Doc(
                        value = "The iss claim that tokens must have.",
                        example = "\"https://issuer.example/\"")
                @Nullable String issuer,
        @Doc("An aud claim that tokens must have one of; none: it does not matter.")
                List<String> audience,
        @Doc("By how much clocks may differ.") @Default("30s") Duration skew,
        @Doc("The claim that is the user's name.") @Default("sub") String userClaim,
        @Doc("The claim that holds groups, as a list or parted by spaces.") @Default("groups")
                String groupsClaim,
        @Doc("The claim that is the tenant.") @Default("tenant") String tenantClaim,
        @Doc("The tenant of tokens without that claim.") @Default("default") String tenant,
        @Doc("The group that makes an administrator; empty: none does.") @Default("")
                String adminGroup,
        @Doc("Claims that tokens must have, with these values.")
                Map<String, String> requiredClaims) {

    public JwtConfig {
        algorithms = List.copyOf(algorithms);
        audience = List.copyOf(audience);
        requiredClaims = Map.copyOf(requiredClaims);
        long sources =
                Stream.of(secret, publicKey, jwksFile, jwksUrl).filter(s -> s != null).count();
        if (sources != 1) {
            throw new IllegalArgumentException(
                    "needs one of secret, public_key, jwks_file, jwks_url, and no two of them");
        }
        boolean shared = algorithms.stream().anyMatch(a -> a.startsWith("HS"));
        if (shared && (publicKey != null || jwksUrl != null)) {
            throw new IllegalArgumentException(
                    "takes HS signatures, whose secret is no public key");
        }
        if (secret != null && algorithms.stream().anyMatch(a -> !a.startsWith("HS"))) {
            throw new IllegalArgumentException(
                    "has a secret, so algorithms can be HS256, HS384 and HS512 only");
        }
    }
}
