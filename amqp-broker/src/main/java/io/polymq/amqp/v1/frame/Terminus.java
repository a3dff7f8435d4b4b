package io.polymq.amqp.v1.frame;

import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Symbol;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One end of a link. */
public sealed interface Terminus {

    /** {@code terminus-durability}. */
    int DURABLE_NONE = 0;

    int DURABLE_CONFIGURATION = 1;
    int DURABLE_UNSETTLED_STATE = 2;

    /** {@code std-dist-mode}: what was transferred stays for others. */
    String COPY = "copy";

    /** {@code terminus-expiry-policy}. */
    String EXPIRY_LINK = "link-detach";

    String EXPIRY_SESSION = "session-end";
    String EXPIRY_CONNECTION = "connection-close";
    String EXPIRY_NEVER = "never";

    /**
     * Where messages come from.
     *
     * @param filters by name, each with what describes it
     */
    record Source(
            @Nullable String address,
            int durable,
            String expiry,
            long timeout,
            boolean dynamic,
            Map<Symbol, @Nullable Object> dynamicProperties,
            @Nullable String distributionMode,
            Map<Symbol, @Nullable Object> filters,
            DeliveryState.@Nullable Outcome defaultOutcome,
            List<String> outcomes,
            List<String> capabilities)
            implements Terminus {

        public static Source of(@Nullable String address) {
            return new Source(
                    address,
                    DURABLE_NONE,
                    EXPIRY_SESSION,
                    0,
                    false,
                    Map.of(),
                    null,
                    Map.of(),
                    null,
                    List.of(),
                    List.of());
        }

        public Source at(@Nullable String other) {
            return new Source(
                    other,
                    durable,
                    expiry,
                    timeout,
                    dynamic,
                    dynamicProperties,
                    distributionMode,
                    filters,
                    defaultOutcome,
                    outcomes,
                    capabilities);
        }

        /** With these filters, which are honoured, and no others. */
        public Source filtered(Map<Symbol, @Nullable Object> honoured) {
            return new Source(
                    address,
                    durable,
                    expiry,
                    timeout,
                    dynamic,
                    dynamicProperties,
                    distributionMode,
                    honoured,
                    defaultOutcome,
                    outcomes,
                    capabilities);
        }

        public Source offering(List<String> ends) {
            return new Source(
                    address,
                    durable,
                    expiry,
                    timeout,
                    dynamic,
                    dynamicProperties,
                    distributionMode,
                    filters,
                    defaultOutcome,
                    ends,
                    capabilities);
        }

        /** A filter's value by what it is, whatever it is called; null when there is none. */
        public @Nullable Described filter(String descriptor, long code) {
            for (Object one : filters.values()) {
                if (one instanceof Described described
                        && Fields.isDescriptor(described.descriptor(), descriptor, code)) {
                    return described;
                }
            }
            return null;
        }
    }

    /** Where messages go. */
    record Target(
            @Nullable String address,
            int durable,
            String expiry,
            long timeout,
            boolean dynamic,
            Map<Symbol, @Nullable Object> dynamicProperties,
            List<String> capabilities)
            implements Terminus {

        public static Target of(@Nullable String address) {
            return new Target(address, DURABLE_NONE, EXPIRY_SESSION, 0, false, Map.of(), List.of());
        }

        public Target at(@Nullable String other) {
            return new Target(
                    other, durable, expiry, timeout, dynamic, dynamicProperties, capabilities);
        }
    }

    /** The target that controls transactions. */
    record Coordinator(List<String> capabilities) implements Terminus {}
}
