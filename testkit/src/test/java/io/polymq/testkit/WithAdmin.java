package io.polymq.testkit;

import java.net.http.HttpClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** One broker for all cases of a class, with its administrator; each begins without quotas. */
abstract class WithAdmin {
    static EmbeddedPolyMq broker;
    static HttpClient http;
    static Clients.Admin admin;

    @BeforeAll
    static void start() {
        broker = EmbeddedPolyMq.builder().set("auth.admin.password", "s3cret").start();
        http = HttpClient.newHttpClient();
        admin = new Clients.Admin(broker, http);
    }

    @AfterAll
    static void stop() {
        http.close();
        broker.close();
    }

    @AfterEach
    void unlimited() throws Exception {
        admin.ask("DELETE", "tenants/default", "");
    }
}
