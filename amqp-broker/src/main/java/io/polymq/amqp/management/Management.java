package io.polymq.amqp.management;

import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import java.util.ArrayList;
import java.util.List;

/** RabbitMQ's management interface, put together. Any thread. */
public final class Management {

    private static final String PATH = "/api";

    private Management() {}

    public static AdminRoutes of(ManagementParams params) {
        List<AdminRoute> routes = new ArrayList<>();
        routes.addAll(new NodeRoutes(params).all());
        routes.addAll(new HealthRoutes(params).all());
        routes.addAll(new ClientRoutes(params).all());
        routes.addAll(new ExchangeRoutes(params).all());
        routes.addAll(new QueueRoutes(params).all());
        routes.addAll(new MessageRoutes(params).all());
        routes.addAll(new BindingRoutes(params).all());
        routes.addAll(new HostRoutes(params).all());
        routes.addAll(new UserRoutes(params).all());
        routes.addAll(new PermissionRoutes(params).all());
        routes.addAll(new PolicyRoutes(params).all());
        routes.addAll(new DefinitionRoutes(params).all());
        return new AdminRoutes(
                PATH,
                "RabbitMQ management",
                AdminPages.Access.USER,
                routes.stream().map(Management::guarded).toList());
    }

    private static AdminRoute guarded(AdminRoute route) {
        return new AdminRoute(
                route.method(),
                route.template(),
                route.summary(),
                route.query(),
                route.body(),
                Replies.guarded(route.handler()));
    }
}
