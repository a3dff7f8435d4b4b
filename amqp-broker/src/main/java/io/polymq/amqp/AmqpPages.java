package io.polymq.amqp;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.model.Definitions;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.amqp.model.VirtualHosts;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Exchanges, bindings and definition files on the admin port. Virtual threads. */
final class AmqpPages {
    private final VirtualHosts hosts;
    private final Definitions definitions;

    AmqpPages(VirtualHosts hosts, Definitions definitions) {
        this.hosts = hosts;
        this.definitions = definitions;
    }

    List<AdminPages> pages() {
        return List.of(
                new AdminRoutes(
                        "/api/v1/exchanges",
                        "Exchanges of AMQP",
                        List.of(AdminRoute.list("", "Exchanges of a tenant", this::exchanges))),
                new AdminRoutes(
                        "/api/v1/bindings",
                        "Bindings of AMQP",
                        List.of(AdminRoute.list("", "Bindings of a tenant", this::bindings))),
                new AdminRoutes(
                        "/api/v1/definitions",
                        "Definitions as RabbitMQ writes them",
                        List.of(
                                AdminRoute.get(
                                        "",
                                        "Users, hosts, permissions, policies, exchanges, queues,"
                                                + " bindings",
                                        call -> definitions.export()),
                                AdminRoute.post(
                                        "",
                                        "Adds what is defined to what is there",
                                        "what `rabbitmqctl export_definitions` writes",
                                        this::take))));
    }

    private List<VirtualHost> hosts(AdminCall call) {
        return hosts.all().stream()
                .filter(host -> host.tenant().equals(call.tenant()))
                .sorted(Comparator.comparing(VirtualHost::name))
                .toList();
    }

    private Object exchanges(AdminCall call) {
        List<Exchange> all = new ArrayList<>();
        hosts(call)
                .forEach(
                        host ->
                                host.exchanges().stream()
                                        .sorted(Comparator.comparing(Exchange::name))
                                        .forEach(all::add));
        return call.page(all, Exchange::name, AmqpPages::exchange);
    }

    private static Map<String, Object> exchange(Exchange exchange) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("vhost", exchange.host().name());
        row.put("name", exchange.name());
        row.put("type", exchange.spec().type().word());
        row.put("durable", exchange.spec().durable());
        row.put("auto_delete", exchange.spec().autoDelete());
        row.put("internal", exchange.spec().internal());
        row.put("bindings", exchange.bindings().size());
        row.put("policy", exchange.policy());
        return row;
    }

    /** A binding and where it is. */
    private record Placed(VirtualHost host, Binding binding) {
        String text() {
            return binding.source() + ' ' + binding.destination() + ' ' + binding.key();
        }

        Map<String, Object> row() {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("vhost", host.name());
            row.put("source", binding.source());
            row.put("destination", binding.destination());
            row.put("destination_type", binding.toExchange() ? "exchange" : "queue");
            row.put("routing_key", binding.key());
            return row;
        }
    }

    private Object bindings(AdminCall call) {
        List<Placed> all = new ArrayList<>();
        hosts(call)
                .forEach(
                        host ->
                                host.bindings()
                                        .forEach(binding -> all.add(new Placed(host, binding))));
        return call.page(all, Placed::text, Placed::row);
    }

    private Object take(AdminCall call) throws Exception {
        JsonNode root = call.json();
        try {
            AdminCall.await(definitions.importAll(root, null));
        } catch (ModelException refused) {
            throw AdminRefusal.badRequest(String.valueOf(refused.getMessage()));
        }
        Map<String, Object> taken = new LinkedHashMap<>();
        for (String list :
                List.of(
                        "users",
                        "vhosts",
                        "permissions",
                        "policies",
                        "exchanges",
                        "queues",
                        "bindings")) {
            taken.put(list, root.path(list).size());
        }
        return taken;
    }
}
