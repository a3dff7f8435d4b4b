package io.polymq.amqp.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.queue.QueueStatistics;
import io.polymq.network.Connection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code /queues} and {@code /consumers}. */
final class QueueRoutes {

    private final ManagementParams params;
    private final Rows rows;

    QueueRoutes(ManagementParams params) {
        this.params = params;
        this.rows = new Rows(params);
    }

    List<AdminRoute> all() {
        String one = "/queues/{vhost}/{name}";
        return List.of(
                AdminRoute.get("/queues", "Queues of all hosts", this::list),
                AdminRoute.get("/queues/detailed", "Queues of all hosts", this::list),
                AdminRoute.get("/queues/{vhost}", "Queues of a host", this::listOfHost),
                AdminRoute.get(one, "A queue with its consumers", this::show),
                AdminRoute.put(
                        one, "Declare a queue", "durable, auto_delete, arguments", this::put),
                AdminRoute.delete(one, "Delete a queue", this::delete)
                        .asking("if-unused", "true: only without consumers")
                        .asking("if-empty", "true: only without messages"),
                AdminRoute.delete(one + "/contents", "Drop a queue's messages", this::purge),
                AdminRoute.post(
                        one + "/actions", "Nothing to be done here", "action", call -> null),
                AdminRoute.get(one + "/bindings", "Bindings of a queue", this::bindings),
                AdminRoute.get("/consumers", "Consumers of all hosts", this::consumers),
                AdminRoute.get("/consumers/{vhost}", "Consumers of a host", this::consumersOfHost));
    }

    private Object list(AdminCall call) throws Exception {
        return listing(
                call,
                new Asker(params, call)
                        .hosts().stream().flatMap(host -> host.queues().all().stream()).toList());
    }

    private Object listOfHost(AdminCall call) throws Exception {
        return listing(call, new Asker(params, call).host().queues().all());
    }

    private Object listing(AdminCall call, Collection<AmqpQueue> queues) throws Exception {
        return new Listing(call).of(queues, AmqpQueue::name, this::counted);
    }

    /** Asks all of them before it waits for the first. */
    private List<Map<String, @Nullable Object>> counted(List<AmqpQueue> queues) throws Exception {
        List<CompletableFuture<@Nullable QueueStatistics>> asked = new ArrayList<>();
        for (AmqpQueue queue : queues) {
            CompletableFuture<@Nullable QueueStatistics> counts =
                    queue.statistics().thenApply(found -> found);
            asked.add(counts.exceptionally(failure -> null));
        }
        List<Map<String, @Nullable Object>> made = new ArrayList<>();
        for (int i = 0; i < queues.size(); i++) {
            made.add(rows.queue(queues.get(i), AdminCall.await(asked.get(i))));
        }
        return made;
    }

    static AmqpQueue find(VirtualHost host, AdminCall call) {
        AmqpQueue found = host.queues().find(call.segment("name"));
        if (found == null) {
            throw Replies.notFound();
        }
        return found;
    }

    private Object show(AdminCall call) throws Exception {
        AmqpQueue queue = find(new Asker(params, call).host(), call);
        Map<String, @Nullable Object> row = counted(List.of(queue)).getFirst();
        row.put("consumer_details", consumersOf(List.of(queue)));
        if (queue.owner() != 0) {
            Connection owner = params.connections().find(queue.owner());
            if (owner != null) {
                row.put("owner_pid_details", Map.of("name", ClientRoutes.name(owner)));
            }
        }
        return row;
    }

    private @Nullable Object put(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        String name = call.segment("name");
        asker.rights(host).configureQueue(name);
        JsonNode body = asker.body();
        if (Fields.flag(body, "exclusive", false)) {
            throw AdminRefusal.badRequest("a queue cannot be exclusive to a request");
        }
        boolean there = host.queues().find(name) != null;
        AdminCall.await(
                host.queues()
                        .declare(
                                host.queues()
                                        .definition(
                                                name,
                                                Fields.flag(body, "durable", true),
                                                false,
                                                Fields.flag(body, "auto_delete", false),
                                                Fields.arguments(body.path("arguments"))),
                                0,
                                false));
        return Replies.put(there);
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        AmqpQueue queue = find(host, call);
        asker.rights(host).configureQueue(queue.name());
        AdminCall.await(
                host.queues()
                        .delete(
                                queue.name(),
                                asker.flag("if-unused"),
                                asker.flag("if-empty"),
                                queue.owner()));
        return null;
    }

    private @Nullable Object purge(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        AmqpQueue queue = find(host, call);
        asker.rights(host).readQueue(queue.name());
        if (queue.isStream()) {
            throw AdminRefusal.badRequest("a stream cannot be purged");
        }
        AdminCall.await(queue.queue().purge());
        return null;
    }

    private Object bindings(AdminCall call) throws Exception {
        VirtualHost host = new Asker(params, call).host();
        return new Listing(call)
                .of(
                        Bindings.of(find(host, call))
                                .map(binding -> Rows.binding(host, binding))
                                .toList());
    }

    private Object consumers(AdminCall call) throws Exception {
        return new Listing(call)
                .of(
                        consumersOf(
                                new Asker(params, call)
                                        .hosts().stream()
                                                .flatMap(host -> host.queues().all().stream())
                                                .toList()));
    }

    private Object consumersOfHost(AdminCall call) throws Exception {
        return new Listing(call).of(consumersOf(new Asker(params, call).host().queues().all()));
    }

    private List<Map<String, @Nullable Object>> consumersOf(Collection<AmqpQueue> queues) {
        List<Map<String, @Nullable Object>> found = new ArrayList<>();
        for (AmqpQueue queue : queues) {
            for (AmqpQueue.Consumer consumer : queue.consumers()) {
                Connection connection = params.connections().find(consumer.connection());
                found.add(
                        rows.consumer(
                                queue,
                                consumer,
                                connection == null ? null : ClientRoutes.name(connection)));
            }
        }
        return found;
    }
}
