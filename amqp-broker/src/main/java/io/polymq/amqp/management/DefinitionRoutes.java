package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.Definitions;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRoute;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /definitions}: files as RabbitMQ exports and imports them. */
final class DefinitionRoutes {

    private final ManagementParams params;
    private final Definitions definitions;

    DefinitionRoutes(ManagementParams params) {
        this.params = params;
        this.definitions = new Definitions(params.hosts(), params.users(), params.permissions());
    }

    List<AdminRoute> all() {
        return List.of(
                AdminRoute.get("/definitions", "Everything that is defined", this::export),
                AdminRoute.post(
                        "/definitions", "Add what a file defines", "a definition file", this::load),
                AdminRoute.get("/definitions/{vhost}", "What a host defines", this::exportHost),
                AdminRoute.post(
                        "/definitions/{vhost}",
                        "Add what a file defines to a host",
                        "a definition file of one host",
                        this::loadHost));
    }

    private Object export(AdminCall call) {
        new Asker(params, call).administrates();
        return definitions.export();
    }

    private Object exportHost(AdminCall call) {
        Asker asker = new Asker(params, call);
        asker.makesPolicies();
        return definitions.export(asker.host());
    }

    private @Nullable Object load(AdminCall call) throws Exception {
        new Asker(params, call).administrates();
        return load(call.json(), null);
    }

    private @Nullable Object loadHost(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        asker.administrates();
        return load(call.json(), asker.host());
    }

    private @Nullable Object load(JsonNode file, @Nullable VirtualHost into) throws Exception {
        AdminCall.await(definitions.importAll(file, into));
        return null;
    }
}
