package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.AccessRights;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Binding;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRoute;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code /bindings}. */
final class BindingRoutes {

    private final ManagementParams params;

    BindingRoutes(ManagementParams params) {
        this.params = params;
    }

    List<AdminRoute> all() {
        String toQueue = "/bindings/{vhost}/e/{source}/q/{destination}";
        String toExchange = "/bindings/{vhost}/e/{source}/e/{destination}";
        return List.of(
                AdminRoute.get("/bindings", "Bindings of all hosts", this::list),
                AdminRoute.get("/bindings/{vhost}", "Bindings of a host", this::listOfHost),
                AdminRoute.get(toQueue, "Bindings between the two", call -> between(call, false)),
                AdminRoute.get(toExchange, "Bindings between the two", call -> between(call, true)),
                AdminRoute.post(
                        toQueue,
                        "Bind a queue",
                        "routing_key, arguments",
                        call -> bind(call, false)),
                AdminRoute.post(
                        toExchange,
                        "Bind an exchange",
                        "routing_key, arguments",
                        call -> bind(call, true)),
                AdminRoute.get(toQueue + "/{props}", "A binding", call -> show(call, false)),
                AdminRoute.get(toExchange + "/{props}", "A binding", call -> show(call, true)),
                AdminRoute.delete(toQueue + "/{props}", "Unbind", call -> unbind(call, false)),
                AdminRoute.delete(toExchange + "/{props}", "Unbind", call -> unbind(call, true)));
    }

    private Object list(AdminCall call) throws Exception {
        return new Listing(call)
                .of(
                        new Asker(params, call)
                                .hosts().stream()
                                        .flatMap(
                                                host ->
                                                        Bindings.of(host)
                                                                .map(b -> Rows.binding(host, b)))
                                        .toList());
    }

    private Object listOfHost(AdminCall call) throws Exception {
        VirtualHost host = new Asker(params, call).host();
        return new Listing(call)
                .of(Bindings.of(host).map(binding -> Rows.binding(host, binding)).toList());
    }

    private static String source(AdminCall call) {
        String source = call.segment("source");
        return source.equals("amq.default") ? "" : source;
    }

    private Stream<Binding> found(VirtualHost host, AdminCall call, boolean toExchange) {
        String destination = call.segment("destination");
        boolean there =
                host.exchange(source(call)) != null
                        && (toExchange
                                ? host.exchange(destination) != null
                                : host.queues().find(destination) != null);
        if (!there) {
            throw Replies.notFound();
        }
        return Bindings.of(host)
                .filter(
                        binding ->
                                binding.source().equals(source(call))
                                        && binding.destination().equals(destination)
                                        && binding.toExchange() == toExchange);
    }

    private Object between(AdminCall call, boolean toExchange) {
        VirtualHost host = new Asker(params, call).host();
        return found(host, call, toExchange).map(binding -> Rows.binding(host, binding)).toList();
    }

    private Binding one(VirtualHost host, AdminCall call, boolean toExchange) {
        String key = call.segment("props");
        return found(host, call, toExchange)
                .filter(binding -> binding.propertiesKey().equals(key))
                .findFirst()
                .orElseThrow(Replies::notFound);
    }

    private Object show(AdminCall call, boolean toExchange) {
        VirtualHost host = new Asker(params, call).host();
        return Rows.binding(host, one(host, call, toExchange));
    }

    private Object bind(AdminCall call, boolean toExchange) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        JsonNode body = asker.body();
        Binding binding =
                new Binding(
                        source(call),
                        call.segment("destination"),
                        toExchange,
                        body.path("routing_key").asText(""),
                        Fields.arguments(body.path("arguments")));
        check(asker, host, binding);
        AdminCall.await(host.bind(binding, owner(host, binding)));
        String key = URLEncoder.encode(binding.propertiesKey(), StandardCharsets.UTF_8);
        return new AdminAnswer(201, "application/json", new byte[0])
                .with("Location", key.replace("+", "%20"));
    }

    private @Nullable Object unbind(AdminCall call, boolean toExchange) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        Binding binding = one(host, call, toExchange);
        check(asker, host, binding);
        AdminCall.await(host.unbind(binding, owner(host, binding)));
        return null;
    }

    private static void check(Asker asker, VirtualHost host, Binding binding) {
        AccessRights rights = asker.rights(host);
        if (binding.toExchange()) {
            rights.writeExchange(binding.destination());
        } else {
            rights.writeQueue(binding.destination());
        }
        rights.readExchange(binding.source());
    }

    /** Who has the queue for itself: management may bind it all the same. */
    private static long owner(VirtualHost host, Binding binding) {
        AmqpQueue queue = binding.toExchange() ? null : host.queues().find(binding.destination());
        return queue == null ? 0 : queue.owner();
    }
}
