package io.polymq.admin.api;

import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import java.util.List;
import java.util.stream.Stream;

/** Puts the interface together. */
public final class Api {
    public static final String PATH = "/api/v1";

    private Api() {}

    /** What all protocols share. */
    public static AdminRoutes of(ApiParams params) {
        Stream<List<AdminRoute>> all =
                Stream.of(
                        new OverviewRoutes(params).routes(),
                        new ConnectionRoutes(params.connections()).routes(),
                        new TopicRoutes(params).routes(),
                        new QueueRoutes(params).routes(),
                        new SubjectRoutes(params).routes(),
                        new DelayedRoutes(params.delayed()).routes(),
                        new PublishRoutes(params).routes(),
                        new TailRoutes(params).routes(),
                        new UserRoutes(params.security()).routes(),
                        new RuleRoutes(params.security()).routes(),
                        new BanRoutes(params.security()).routes(),
                        new TenantRoutes(params.tenants()).routes(),
                        new SchemaRoutes(params.schemas()).routes());
        return new AdminRoutes(PATH, "PolyMQ", all.flatMap(List::stream).toList());
    }

    /** The description of every interface among these pages, as OpenAPI has it. */
    public static AdminPages description(String version, List<AdminPages> pages) {
        return new OpenApi(version, pages);
    }
}
