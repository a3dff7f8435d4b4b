import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.TrustManagerFactory;

/** HiveMQ's client: many in flight at once, topic aliases, receive maximum. */
final class HiveMq {

    interface Case {
        void run() throws Exception;
    }

    static final String HOST = System.getenv("POLYMQ_HOST");

    public static void main(String[] args) {
        for (String way : List.of("tcp", "tls", "ws", "wss")) {
            if (System.getenv(port(way)) == null) {
                continue;
            }
            for (MqttQos qos : MqttQos.values()) {
                test("5 on " + way + ", " + qos + " in order", () -> order(way, qos));
            }
        }
        test("3.1.1 EXACTLY_ONCE in order", HiveMq::order3);
        test("what came while away", HiveMq::away);
        test("a small receive maximum", HiveMq::window);
        test("will", HiveMq::will);
        System.exit(0);
    }

    static String port(String way) {
        return way.equals("tcp") ? "MQTT_PORT" : "MQTT_" + way.toUpperCase(java.util.Locale.ROOT) + "_PORT";
    }

    static void test(String name, Case action) {
        try {
            action.run();
            System.out.println("ok " + name);
        } catch (Exception | AssertionError e) {
            System.out.println("FAIL " + name + ": " + e);
        }
    }

    static Mqtt5AsyncClient dial(String way, String id, long expiry, boolean clean, int window) throws Exception {
        Mqtt5ClientBuilder builder =
                Mqtt5Client.builder()
                        .identifier(id)
                        .serverHost(way.equals("tls") || way.equals("wss") ? "localhost" : HOST)
                        .serverPort(Integer.parseInt(System.getenv(port(way))));
        if (way.equals("tls") || way.equals("wss")) {
            builder = builder.sslConfig(MqttClientSslConfig.builder().trustManagerFactory(trust()).build());
        }
        if (way.startsWith("ws")) {
            builder = builder.webSocketConfig().serverPath("mqtt").applyWebSocketConfig();
        }
        Mqtt5AsyncClient client = builder.buildAsync();
        client.connectWith()
                .cleanStart(clean)
                .sessionExpiryInterval(expiry)
                .restrictions()
                .receiveMaximum(window)
                .topicAliasMaximum(10)
                .applyRestrictions()
                .send()
                .get(15, TimeUnit.SECONDS);
        return client;
    }

    static TrustManagerFactory trust() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var in = Files.newInputStream(Path.of(System.getenv("MQTT_CA")))) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        return trust;
    }

    static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }

    static void expect(BlockingQueue<String> got, List<String> wanted) throws InterruptedException {
        List<String> all = new ArrayList<>();
        for (String ignored : wanted) {
            String next = got.poll(15, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError(all.size() + " messages instead of " + wanted.size());
            }
            all.add(next);
        }
        if (!all.equals(wanted)) {
            throw new AssertionError("not in order: " + all);
        }
    }

    static void subscribe(Mqtt5AsyncClient client, String topic, MqttQos qos, BlockingQueue<String> got) throws Exception {
        client.subscribeWith()
                .topicFilter(topic)
                .qos(qos)
                .callback(p -> got.add(new String(p.getPayloadAsBytes())))
                .send()
                .get(15, TimeUnit.SECONDS);
    }

    static void publish(Mqtt5AsyncClient client, String topic, MqttQos qos, int count) throws Exception {
        List<CompletableFuture<?>> sent = new ArrayList<>();
        for (String number : numbers(count)) {
            sent.add(client.publishWith().topic(topic).qos(qos).payload(number.getBytes()).send());
        }
        CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
    }

    static void order(String way, MqttQos qos) throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        Mqtt5AsyncClient client = dial(way, "hive-" + way, 0, true, 65_535);
        String topic = "hive/" + way + '/' + qos.getCode();
        subscribe(client, topic, qos, got);
        publish(client, topic, qos, 500);
        expect(got, numbers(500));
        client.disconnect().get(5, TimeUnit.SECONDS);
    }

    static void order3() throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        Mqtt3AsyncClient client =
                com.hivemq.client.mqtt.mqtt3.Mqtt3Client.builder()
                        .identifier("hive3")
                        .serverHost(HOST)
                        .serverPort(Integer.parseInt(System.getenv("MQTT_PORT")))
                        .buildAsync();
        client.connect().get(15, TimeUnit.SECONDS);
        client.subscribeWith()
                .topicFilter("hive3")
                .qos(MqttQos.EXACTLY_ONCE)
                .callback(p -> got.add(new String(p.getPayloadAsBytes())))
                .send()
                .get(15, TimeUnit.SECONDS);
        for (String number : numbers(300)) {
            client.publishWith().topic("hive3").qos(MqttQos.EXACTLY_ONCE).payload(number.getBytes()).send();
        }
        expect(got, numbers(300));
        client.disconnect().get(5, TimeUnit.SECONDS);
    }

    static void away() throws Exception {
        Mqtt5AsyncClient client = dial("tcp", "hive-away", 600, true, 100);
        subscribe(client, "hive/away", MqttQos.EXACTLY_ONCE, new LinkedBlockingQueue<>());
        client.disconnect().get(5, TimeUnit.SECONDS);
        Mqtt5AsyncClient publisher = dial("tcp", "hive-pub", 0, true, 100);
        publish(publisher, "hive/away", MqttQos.EXACTLY_ONCE, 200);
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        Mqtt5AsyncClient back =
                Mqtt5Client.builder()
                        .identifier("hive-away")
                        .serverHost(HOST)
                        .serverPort(Integer.parseInt(System.getenv("MQTT_PORT")))
                        .buildAsync();
        back.publishes(
                com.hivemq.client.mqtt.MqttGlobalPublishFilter.ALL,
                p -> got.add(new String(p.getPayloadAsBytes())));
        back.connectWith().cleanStart(false).sessionExpiryInterval(600).send().get(15, TimeUnit.SECONDS);
        expect(got, numbers(200));
        back.disconnect().get(5, TimeUnit.SECONDS);
        publisher.disconnect().get(5, TimeUnit.SECONDS);
    }

    static void window() throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        Mqtt5AsyncClient client = dial("tcp", "hive-window", 0, true, 2);
        subscribe(client, "hive/window", MqttQos.AT_LEAST_ONCE, got);
        Mqtt5AsyncClient publisher = dial("tcp", "hive-wp", 0, true, 100);
        publish(publisher, "hive/window", MqttQos.AT_LEAST_ONCE, 200);
        expect(got, numbers(200));
        client.disconnect().get(5, TimeUnit.SECONDS);
        publisher.disconnect().get(5, TimeUnit.SECONDS);
    }

    static void will() throws Exception {
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        Mqtt5AsyncClient watcher = dial("tcp", "hive-watch", 0, true, 100);
        subscribe(watcher, "hive/will", MqttQos.AT_LEAST_ONCE, got);
        Mqtt5AsyncClient mortal =
                Mqtt5Client.builder()
                        .identifier("hive-mortal")
                        .serverHost(HOST)
                        .serverPort(Integer.parseInt(System.getenv("MQTT_PORT")))
                        .buildAsync();
        mortal.connectWith()
                .willPublish()
                .topic("hive/will")
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload("gone".getBytes())
                .applyWillPublish()
                .send()
                .get(15, TimeUnit.SECONDS);
        mortal.disconnectWith()
                .reasonCode(
                        com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode
                                .DISCONNECT_WITH_WILL_MESSAGE)
                .send()
                .get(5, TimeUnit.SECONDS);
        expect(got, List.of("gone"));
        watcher.disconnect().get(5, TimeUnit.SECONDS);
    }
}
