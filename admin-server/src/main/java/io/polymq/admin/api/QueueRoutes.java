package io.polymq.admin.api;

import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.message.Message;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueStatistics;
import io.polymq.core.queue.QueuedMessage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Queues of all protocols, as the engine that keeps them sees them. */
final class QueueRoutes {
    private final ApiParams params;

    QueueRoutes(ApiParams params) {
        this.params = params;
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/queues", "Queues of a tenant", this::list),
                AdminRoute.get("/queues/{name}", "One queue with its counters", this::find)
                        .asking("tenant", "its name space"),
                AdminRoute.get(
                                "/queues/{name}/messages",
                                "Messages of a queue, without consuming them",
                                this::browse)
                        .asking("tenant", "its name space")
                        .asking("offset", "the first one")
                        .asking("limit", "at most so many, up to 500"),
                AdminRoute.post(
                                "/queues/{name}/pause",
                                "Delivers nothing until resumed",
                                "nothing",
                                call -> pause(call, true))
                        .asking("tenant", "its name space"),
                AdminRoute.post(
                                "/queues/{name}/resume",
                                "Delivers again",
                                "nothing",
                                call -> pause(call, false))
                        .asking("tenant", "its name space"),
                AdminRoute.delete(
                                "/queues/{name}/messages",
                                "Drops everything that is not in flight",
                                this::purge)
                        .asking("tenant", "its name space"));
    }

    private Object list(AdminCall call) {
        List<String> names = params.queues().names(call.tenant()).stream().sorted().toList();
        return call.page(
                names,
                Function.identity(),
                name ->
                        params.queues()
                                .find(call.tenant(), name)
                                .map(QueueRoutes::row)
                                .orElseGet(() -> Map.of("name", name, "open", false)));
    }

    private static Map<String, Object> row(Queue queue) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", queue.name());
        row.put("open", true);
        row.put("durable", !queue.spec().durability().name().equals("MEMORY"));
        row.put("statistics", statistics(queue));
        return row;
    }

    private static QueueStatistics statistics(Queue queue) {
        try {
            return AdminCall.await(queue.statistics());
        } catch (RuntimeException refused) {
            throw refused;
        } catch (Exception failed) {
            throw new IllegalStateException("no counters of " + queue.name(), failed);
        }
    }

    private Object find(AdminCall call) {
        return row(queue(call));
    }

    private Object browse(AdminCall call) throws Exception {
        long from = call.asked("offset", 0, 0, Long.MAX_VALUE);
        int limit = (int) call.asked("limit", 50, 1, 500);
        List<QueuedMessage> messages = AdminCall.await(queue(call).browse(from, limit));
        return Map.of("items", messages.stream().map(QueueRoutes::shown).toList());
    }

    private static Map<String, Object> shown(QueuedMessage queued) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("offset", queued.offset());
        row.put("timestamp", queued.enqueuedAt());
        row.put("deliveries", queued.deliveries());
        row.put("redelivered", queued.redelivered());
        row.putAll(Shown.message(queued.message().lendTo(new Message())));
        return row;
    }

    private Object purge(AdminCall call) throws Exception {
        return Map.of("dropped", AdminCall.await(queue(call).purge()));
    }

    private Object pause(AdminCall call, boolean paused) {
        queue(call).pause(paused);
        return Map.of("paused", paused);
    }

    private Queue queue(AdminCall call) {
        String name = call.segment("name");
        return params.queues()
                .find(call.tenant(), name)
                .orElseThrow(() -> AdminRefusal.notFound("There is no open queue " + name + "."));
    }
}
