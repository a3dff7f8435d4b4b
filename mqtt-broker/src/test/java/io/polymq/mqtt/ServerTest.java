package io.polymq.mqtt;

import io.polymq.conformance.AllowAll;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** A broker for all tests of a class; each test uses topics and clients of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ServerTest {

    private TestServer server;

    @BeforeAll
    void start() throws IOException {
        server = new TestServer(settings(), new AllowAll(), null, 0, loops());
    }

    @AfterAll
    void stop() {
        server.close();
    }

    MqttSettings settings() {
        return MqttSettings.DEFAULT;
    }

    /** Two, so that messages cross from loop to loop. */
    int loops() {
        return 2;
    }

    int port() {
        return server.port();
    }

    int furtherPort(int index) {
        return server.furtherPort(index);
    }

    int webSocketPort() {
        return server.webSocketPort();
    }

    TestClient v5() {
        return TestClient.v5(server.port());
    }

    TestClient v4() {
        return TestClient.v4(server.port());
    }
}
