package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.ExchangeSpec;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /exchanges}. */
final class ExchangeRoutes {

    private final ManagementParams params;
    private final Rows rows;

    ExchangeRoutes(ManagementParams params) {
        this.params = params;
        this.rows = new Rows(params);
    }

    List<AdminRoute> all() {
        String one = "/exchanges/{vhost}/{name}";
        return List.of(
                AdminRoute.get("/exchanges", "Exchanges of all hosts", this::list),
                AdminRoute.get("/exchanges/{vhost}", "Exchanges of a host", this::listOfHost),
                AdminRoute.get(one, "An exchange", call -> rows.exchange(find(call))),
                AdminRoute.put(
                        one, "Declare an exchange", "type, durable, arguments ...", this::put),
                AdminRoute.delete(one, "Delete an exchange", this::delete)
                        .asking("if-unused", "true: only without bindings"),
                AdminRoute.get(
                        one + "/bindings/source", "Bindings from it", call -> bindings(call, true)),
                AdminRoute.get(
                        one + "/bindings/destination",
                        "Bindings to it",
                        call -> bindings(call, false)));
    }

    private Object list(AdminCall call) throws Exception {
        return listing(
                call,
                new Asker(params, call)
                        .hosts().stream().flatMap(host -> host.exchanges().stream()).toList());
    }

    private Object listOfHost(AdminCall call) throws Exception {
        return listing(call, new Asker(params, call).host().exchanges());
    }

    private Object listing(AdminCall call, Collection<Exchange> exchanges) throws Exception {
        return new Listing(call)
                .of(exchanges, Exchange::name, some -> some.stream().map(rows::exchange).toList());
    }

    /** The exchange without a name is called so where a name is needed. */
    private static String name(AdminCall call) {
        String name = call.segment("name");
        return name.equals("amq.default") ? "" : name;
    }

    private Exchange find(AdminCall call) {
        Exchange found = new Asker(params, call).host().exchange(name(call));
        if (found == null) {
            throw Replies.notFound();
        }
        return found;
    }

    private @Nullable Object put(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        asker.rights(host).configureExchange(name(call));
        JsonNode body = asker.body();
        String word = body.path("type").asText("direct");
        ExchangeType type = ExchangeType.of(word);
        if (type == null) {
            throw AdminRefusal.badRequest("invalid exchange type '" + word + "'");
        }
        boolean there = host.exchange(name(call)) != null;
        AdminCall.await(
                host.declare(
                        new ExchangeSpec(
                                name(call),
                                type,
                                Fields.flag(body, "durable", true),
                                Fields.flag(body, "auto_delete", false),
                                Fields.flag(body, "internal", false),
                                Fields.arguments(body.path("arguments")))));
        return Replies.put(there);
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        asker.rights(host).configureExchange(name(call));
        boolean there = host.exchange(name(call)) != null;
        AdminCall.await(host.deleteExchange(name(call), asker.flag("if-unused")));
        return Replies.gone(there);
    }

    private Object bindings(AdminCall call, boolean from) throws Exception {
        Exchange exchange = find(call);
        VirtualHost host = exchange.host();
        return new Listing(call)
                .of(
                        Bindings.of(host)
                                .filter(
                                        from
                                                ? b -> b.source().equals(exchange.name())
                                                : b ->
                                                        b.toExchange()
                                                                && b.destination()
                                                                        .equals(exchange.name()))
                                .map(binding -> Rows.binding(host, binding))
                                .toList());
    }
}
