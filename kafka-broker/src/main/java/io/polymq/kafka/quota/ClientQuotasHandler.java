package io.polymq.kafka.quota;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.OpData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData.ComponentData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.ValueData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves DescribeClientQuotas and AlterClientQuotas. Connection zone. */
public final class ClientQuotasHandler {

    private static final byte EXACT = 0;
    private static final byte DEFAULT = 1;
    private static final byte ANY = 2;
    private static final Set<String> TYPES =
            Set.of(QuotaEntity.USER, QuotaEntity.CLIENT_ID, QuotaEntity.IP);

    private final Quotas quotas;
    private final Access access;

    public ClientQuotasHandler(Quotas quotas, Access access) {
        this.quotas = quotas;
        this.access = access;
    }

    private record Refusal(Errors error, String message) {}

    public void describe(Exchange exchange) {
        DescribeClientQuotasRequestData request =
                exchange.body(DescribeClientQuotasRequestData.class);
        Refusal refusal =
                access.cluster(exchange.client(), Action.DESCRIBE_CONFIGS)
                        ? refusal(request.components())
                        : new Refusal(
                                Errors.CLUSTER_AUTHORIZATION_FAILED,
                                Errors.CLUSTER_AUTHORIZATION_FAILED.message());
        if (refusal != null) {
            exchange.respond(
                    new DescribeClientQuotasResponseData()
                            .setErrorCode(refusal.error.code())
                            .setErrorMessage(refusal.message)
                            .setEntries(null));
            return;
        }
        List<DescribeClientQuotasResponseData.EntryData> entries = new ArrayList<>();
        quotas.all()
                .forEach(
                        (entity, limits) -> {
                            if (matches(request, entity)) {
                                entries.add(entry(entity, limits));
                            }
                        });
        exchange.respond(new DescribeClientQuotasResponseData().setEntries(entries));
    }

    private static @Nullable Refusal refusal(List<ComponentData> components) {
        Set<String> types = new HashSet<>();
        for (ComponentData component : components) {
            String type = component.entityType();
            if (type.isEmpty()) {
                return invalid("Invalid empty entity type.");
            }
            if (!types.add(type)) {
                return invalid(
                        "Entity type " + type + " cannot appear more than once in the filter.");
            }
            if (!TYPES.contains(type)) {
                return new Refusal(
                        Errors.UNSUPPORTED_VERSION,
                        "Custom entity type '" + type + "' not supported");
            }
            boolean named = component.match() != null;
            if (component.matchType() == EXACT && !named) {
                return invalid("Request specified MATCH_TYPE_EXACT, but set match string to null.");
            }
            if (component.matchType() == DEFAULT && named) {
                return invalid(
                        "Request specified MATCH_TYPE_DEFAULT, but also specified a match string.");
            }
            if (component.matchType() == ANY && named) {
                return invalid(
                        "Request specified MATCH_TYPE_SPECIFIED, but also specified a match"
                                + " string.");
            }
            if (component.matchType() < EXACT || component.matchType() > ANY) {
                return invalid("Unknown match type " + component.matchType());
            }
        }
        return types.contains(QuotaEntity.IP) && types.size() > 1
                ? invalid(
                        "Invalid entity filter component combination, IP filter component should"
                                + " not be used with user or clientId filter component.")
                : null;
    }

    private static Refusal invalid(String message) {
        return new Refusal(Errors.INVALID_REQUEST, message);
    }

    private static boolean matches(DescribeClientQuotasRequestData request, QuotaEntity entity) {
        for (ComponentData component : request.components()) {
            String name = entity.names().get(component.entityType());
            boolean fits =
                    name != null
                            && switch (component.matchType()) {
                                case EXACT -> name.equals(component.match());
                                case DEFAULT -> name.equals(QuotaEntity.DEFAULT);
                                default -> true;
                            };
            if (!fits) {
                return false;
            }
        }
        return !request.strict() || entity.names().size() == request.components().size();
    }

    private static DescribeClientQuotasResponseData.EntryData entry(
            QuotaEntity entity, Map<String, Double> limits) {
        var entry = new DescribeClientQuotasResponseData.EntryData();
        entity.names()
                .forEach(
                        (type, name) ->
                                entry.entity()
                                        .add(
                                                new DescribeClientQuotasResponseData.EntityData()
                                                        .setEntityType(type)
                                                        .setEntityName(
                                                                name.isEmpty() ? null : name)));
        limits.forEach(
                (key, limit) -> entry.values().add(new ValueData().setKey(key).setValue(limit)));
        return entry;
    }

    public void alter(Exchange exchange) {
        AlterClientQuotasRequestData request = exchange.body(AlterClientQuotasRequestData.class);
        AlterClientQuotasResponseData response = new AlterClientQuotasResponseData();
        boolean allowed = access.cluster(exchange.client(), Action.ALTER_CONFIGS);
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (AlterClientQuotasRequestData.EntryData asked : request.entries()) {
            var result = new AlterClientQuotasResponseData.EntryData();
            asked.entity()
                    .forEach(
                            part ->
                                    result.entity()
                                            .add(
                                                    new AlterClientQuotasResponseData.EntityData()
                                                            .setEntityType(part.entityType())
                                                            .setEntityName(part.entityName())));
            response.entries().add(result);
            Refusal refusal =
                    allowed
                            ? refusal(asked)
                            : new Refusal(
                                    Errors.CLUSTER_AUTHORIZATION_FAILED,
                                    Errors.CLUSTER_AUTHORIZATION_FAILED.message());
            if (refusal != null) {
                result.setErrorCode(refusal.error.code()).setErrorMessage(refusal.message);
            } else if (!request.validateOnly()) {
                open.add(
                        quotas.change(entity(asked), changes(asked))
                                .handle(
                                        (_, failure) ->
                                                failure == null
                                                        ? result
                                                        : result.setErrorCode(
                                                                KafkaErrors.of(failure).code())));
            }
        }
        Futures.whenAll(exchange, open, () -> exchange.respond(response));
    }

    private static QuotaEntity entity(AlterClientQuotasRequestData.EntryData asked) {
        Map<String, String> names = new HashMap<>();
        asked.entity()
                .forEach(
                        part -> {
                            String name = part.entityName();
                            names.put(part.entityType(), name == null ? QuotaEntity.DEFAULT : name);
                        });
        return new QuotaEntity(names);
    }

    private static Map<QuotaKind, @Nullable Double> changes(
            AlterClientQuotasRequestData.EntryData asked) {
        Map<QuotaKind, @Nullable Double> changes = new EnumMap<>(QuotaKind.class);
        for (OpData op : asked.ops()) {
            QuotaKind kind = QuotaKind.of(op.key());
            if (kind != null) {
                changes.put(kind, op.remove() ? null : Double.valueOf(op.value()));
            }
        }
        return changes;
    }

    private static @Nullable Refusal refusal(AlterClientQuotasRequestData.EntryData asked) {
        if (asked.entity().isEmpty()) {
            return invalid("Invalid empty client quota entity");
        }
        Set<String> types = new HashSet<>();
        for (var part : asked.entity()) {
            String type = part.entityType();
            if (!TYPES.contains(type)) {
                return invalid("Unhandled client quota entity type: " + type);
            }
            String name = part.entityName();
            if (!types.add(type)) {
                return invalid("Duplicate client quota entity type: " + type);
            }
            if (name != null && name.isEmpty()) {
                return invalid("Empty " + type + " not supported");
            }
            if (type.equals(QuotaEntity.IP) && name != null && !isAddress(name)) {
                return invalid(name + " is not a valid IP or resolvable host.");
            }
        }
        boolean byAddress = types.contains(QuotaEntity.IP);
        if (byAddress && types.size() > 1) {
            return invalid("Invalid quota entity combination: " + types);
        }
        for (OpData op : asked.ops()) {
            Refusal refusal = refusal(op, byAddress);
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    /** Addresses only: a name would have to be looked up, and may be another one tomorrow. */
    private static boolean isAddress(String text) {
        try {
            return !InetAddress.ofLiteral(text).getHostAddress().isEmpty();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static @Nullable Refusal refusal(OpData op, boolean byAddress) {
        if (op.remove()) {
            return null; // whatever it is, it is not there afterwards
        }
        QuotaKind kind = QuotaKind.of(op.key());
        if (kind == null || byAddress != (kind == QuotaKind.CONNECTION)) {
            return invalid("Invalid configuration key " + op.key());
        }
        if (!(op.value() > 0)) {
            return invalid("Quota " + op.key() + " must be greater than 0");
        }
        return kind.isWhole() && op.value() % 1 != 0
                ? invalid(op.key() + " must be a whole number")
                : null;
    }
}
