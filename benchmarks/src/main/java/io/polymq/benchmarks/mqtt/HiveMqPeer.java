package io.polymq.benchmarks.mqtt;

import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.SimpleAuthOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** HiveMQ CE on a loopback port until the process ends: FOLDER PORT. */
public final class HiveMqPeer {

    private HiveMqPeer() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Path.of(args[0]);
        Path conf = Files.createDirectories(folder.resolve("conf"));
        Files.writeString(
                conf.resolve("config.xml"),
                """
                <hivemq>
                  <listeners><tcp-listener><port>%s</port><bind-address>127.0.0.1</bind-address></tcp-listener></listeners>
                  <mqtt>
                    <receive-maximum><server-receive-maximum>1024</server-receive-maximum></receive-maximum>
                    <queued-messages><max-queue-size>100000</max-queue-size></queued-messages>
                  </mqtt>
                  <restrictions><max-connections>-1</max-connections></restrictions>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                </hivemq>
                """
                        .formatted(args[1]));
        EmbeddedExtension everyone =
                EmbeddedExtension.builder()
                        .withId("everyone")
                        .withName("Everyone may")
                        .withVersion("1")
                        .withPriority(0)
                        .withStartPriority(0)
                        .withAuthor("PolyMQ")
                        .withExtensionMain(new Everyone())
                        .build();
        EmbeddedHiveMQ broker =
                EmbeddedHiveMQ.builder()
                        .withConfigurationFolder(conf)
                        .withDataFolder(Files.createDirectories(folder.resolve("data")))
                        .withExtensionsFolder(Files.createDirectories(folder.resolve("extensions")))
                        .withEmbeddedExtension(everyone)
                        .build();
        broker.start().join();
        System.out.println("READY");
        Thread.currentThread().join();
    }

    private static final class Everyone implements ExtensionMain {
        @Override
        public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
            Services.securityRegistry()
                    .setAuthenticatorProvider(
                            provided ->
                                    new SimpleAuthenticator() {
                                        @Override
                                        public void onConnect(
                                                SimpleAuthInput connect, SimpleAuthOutput answer) {
                                            answer.authenticateSuccessfully();
                                        }
                                    });
        }

        @Override
        public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {
            // nothing was opened
        }
    }
}
