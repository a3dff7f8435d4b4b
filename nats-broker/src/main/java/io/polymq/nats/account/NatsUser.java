package io.polymq.nats.account;

import io.polymq.core.security.Principal;
import org.jspecify.annotations.Nullable;

/**
 * Who a client turned out to be. Immutable.
 *
 * @param name as monitoring shows it
 * @param permissions null where the broker's own rules decide, for the principal
 * @param maxSubscriptions -1 for no bound of the user's own
 * @param maxPayload -1 for the server's
 * @param expiresAt milliseconds since 1970, {@link Long#MAX_VALUE} for never
 */
public record NatsUser(
        String name,
        Account account,
        Principal principal,
        @Nullable SubjectPermissions permissions,
        int maxSubscriptions,
        int maxPayload,
        long expiresAt,
        Origin origin) {

    /** What monitoring tells of how the user proved itself. */
    public record Origin(
            @Nullable String nkey,
            @Nullable String jwt,
            @Nullable String issuerKey,
            @Nullable String nameTag) {
        public static final Origin NONE = new Origin(null, null, null, null);
    }

    public static NatsUser unbounded(
            String name,
            Account account,
            Principal principal,
            @Nullable SubjectPermissions permissions) {
        return new NatsUser(
                name, account, principal, permissions, -1, -1, Long.MAX_VALUE, Origin.NONE);
    }

    /** The same with other permissions. */
    NatsUser with(SubjectPermissions other) {
        return new NatsUser(
                name, account, principal, other, maxSubscriptions, maxPayload, expiresAt, origin);
    }

    /** The same, called by the name that its JWT gives it. */
    NatsUser shownByName() {
        String shown = origin.nameTag();
        return shown == null
                ? this
                : new NatsUser(
                        shown,
                        account,
                        new Principal(
                                shown,
                                principal.tenant(),
                                principal.groups(),
                                principal.attributes(),
                                principal.admin()),
                        permissions,
                        maxSubscriptions,
                        maxPayload,
                        expiresAt,
                        origin);
    }
}
