package io.polymq.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.service.TenantQuotas;
import io.polymq.core.service.Tenants;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tenants and what they may have. */
final class TenantRoutes {
    private static final String WORDS =
            "quotas: connections, sessions, subscriptions, topics, queues, retained,"
                    + " stored_bytes, messages_per_second, bytes_per_second; -1 for no limit";

    private final Tenants tenants;

    TenantRoutes(Tenants tenants) {
        this.tenants = tenants;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/tenants", "All tenants", this::list),
                AdminRoute.get("/tenants/{name}", "One tenant with its use", this::find),
                AdminRoute.put("/tenants/{name}", "Makes or changes a tenant", WORDS, this::put),
                AdminRoute.delete("/tenants/{name}", "Deletes a tenant's quotas", this::delete));
    }

    private Object list(AdminCall call) {
        return call.page(tenants.list(), Tenants.Tenant::name, this::row);
    }

    private Map<String, Object> row(Tenants.Tenant tenant) {
        Map<String, Object> quotas = new LinkedHashMap<>();
        Map<String, Object> used = new LinkedHashMap<>();
        for (TenantQuotas.Kind kind : TenantQuotas.Kind.values()) {
            String name = kind.name().toLowerCase(Locale.ROOT);
            quotas.put(name, tenant.quotas().limit(kind));
            used.put(name, tenants.used(tenant.name(), kind));
        }
        quotas.put("messages_per_second", tenant.quotas().messagesPerSecond());
        quotas.put("bytes_per_second", tenant.quotas().bytesPerSecond());
        return Map.of("name", tenant.name(), "quotas", quotas, "used", used);
    }

    private Object find(AdminCall call) {
        return row(tenant(call));
    }

    private Object put(AdminCall call) throws Exception {
        String name = call.segment("name");
        TenantQuotas before =
                tenants.find(name).map(Tenants.Tenant::quotas).orElse(TenantQuotas.UNLIMITED);
        JsonNode quotas = call.json().path("quotas");
        Tenants.Tenant after = new Tenants.Tenant(name, changed(before, quotas));
        AdminCall.await(tenants.alter(after));
        return row(after);
    }

    private static TenantQuotas changed(TenantQuotas before, JsonNode quotas) {
        return new TenantQuotas(
                quotas.path("connections").asLong(before.connections()),
                quotas.path("sessions").asLong(before.sessions()),
                quotas.path("subscriptions").asLong(before.subscriptions()),
                quotas.path("topics").asLong(before.topics()),
                quotas.path("queues").asLong(before.queues()),
                quotas.path("retained").asLong(before.retained()),
                quotas.path("messages_per_second").asLong(before.messagesPerSecond()),
                quotas.path("bytes_per_second").asLong(before.bytesPerSecond()),
                quotas.path("stored_bytes").asLong(before.storedBytes()));
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        AdminCall.await(tenants.delete(tenant(call).name()));
        return null;
    }

    private Tenants.Tenant tenant(AdminCall call) {
        String name = call.segment("name");
        return tenants.find(name)
                .orElseThrow(() -> AdminRefusal.notFound("There is no tenant " + name + "."));
    }
}
