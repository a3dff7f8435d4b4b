import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** Paho Java for 3.1 and 3.1.1. */
final class PahoV3 {

    interface Case {
        void run() throws Exception;
    }

    static final String HOST = System.getenv("POLYMQ_HOST");

    public static void main(String[] args) throws Exception {
        List<String> ways = new ArrayList<>();
        ways.add("tcp://" + HOST + ':' + System.getenv("MQTT_PORT"));
        add(ways, "ssl://localhost:", "MQTT_TLS_PORT");
        add(ways, "ws://" + HOST + ':', "MQTT_WS_PORT");
        add(ways, "wss://localhost:", "MQTT_WSS_PORT");
        for (String way : ways) {
            for (int version : new int[] {3, 4}) {
                String name = way.substring(0, way.indexOf(':')) + " version " + version;
                test(name + ", each QoS in order", () -> order(way, version));
            }
        }
        test("retained", () -> retained(ways.getFirst()));
        test("what came while away", () -> away(ways.getFirst()));
        test("automatic reconnects after take-overs", () -> storm(ways.getFirst()));
        System.exit(0);
    }

    static void add(List<String> ways, String prefix, String port) {
        if (System.getenv(port) != null) {
            ways.add(prefix + System.getenv(port));
        }
    }

    static void test(String name, Case action) {
        try {
            action.run();
            System.out.println("ok " + name);
        } catch (Exception | AssertionError e) {
            System.out.println("FAIL " + name + ": " + e);
        }
    }

    static MqttConnectOptions options(int version, boolean clean) throws Exception {
        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(version);
        options.setCleanSession(clean);
        options.setMaxInflight(1000);
        if (System.getenv("MQTT_CA") != null) {
            options.setSocketFactory(trust());
        }
        return options;
    }

    static SSLSocketFactory trust() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var in = Files.newInputStream(Path.of(System.getenv("MQTT_CA")))) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    static MqttClient dial(String way, String id, int version, boolean clean) throws Exception {
        MqttClient client = new MqttClient(way, id, new MemoryPersistence());
        client.setTimeToWait(15_000);
        MqttConnectOptions options = options(version, clean);
        if (way.startsWith("tcp") || way.startsWith("ws:")) {
            options.setSocketFactory(null);
        }
        client.connect(options);
        return client;
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
            throw new AssertionError("expected " + wanted + ", got " + all);
        }
    }

    static void order(String way, int version) throws Exception {
        MqttClient client = dial(way, "paho3-order", version, true);
        for (int qos = 0; qos < 3; qos++) {
            BlockingQueue<String> got = new LinkedBlockingQueue<>();
            String topic = "paho3/" + way.substring(0, 3) + version + '/' + qos;
            client.subscribe(topic, qos, (t, m) -> got.add(new String(m.getPayload())));
            for (String number : numbers(100)) {
                client.publish(topic, number.getBytes(), qos, false);
            }
            expect(got, numbers(100));
        }
        client.disconnect();
        client.close();
    }

    static void retained(String way) throws Exception {
        MqttClient client = dial(way, "paho3-kept", 4, true);
        client.publish("paho3/kept", "kept".getBytes(), 1, true);
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        client.subscribe("paho3/+", 1, (t, m) -> got.add(m.isRetained() + " " + new String(m.getPayload())));
        expect(got, List.of("true kept"));
        client.publish("paho3/kept", new byte[0], 1, true);
        client.disconnect();
        client.close();
    }

    static void away(String way) throws Exception {
        MqttClient client = dial(way, "paho3-away", 4, false);
        client.subscribe("paho3/away", 2);
        client.disconnect();
        client.close();
        MqttClient publisher = dial(way, "paho3-pub", 4, true);
        for (String number : numbers(100)) {
            publisher.publish("paho3/away", number.getBytes(), 2, false);
        }
        publisher.disconnect();
        publisher.close();
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        MqttClient back = new MqttClient(way, "paho3-away", new MemoryPersistence());
        back.setCallback(
                new org.eclipse.paho.client.mqttv3.MqttCallback() {
                    @Override
                    public void connectionLost(Throwable cause) {}

                    @Override
                    public void messageArrived(String topic, org.eclipse.paho.client.mqttv3.MqttMessage m) {
                        got.add(new String(m.getPayload()));
                    }

                    @Override
                    public void deliveryComplete(org.eclipse.paho.client.mqttv3.IMqttDeliveryToken token) {}
                });
        MqttConnectOptions options = options(4, false);
        options.setSocketFactory(null);
        back.connect(options);
        expect(got, numbers(100));
        back.disconnect();
        back.close();
    }

    static void storm(String way) throws Exception {
        MqttClient before = null;
        for (int i = 0; i <= 100; i++) {
            MqttClient client = dial(way, "paho3-storm", 4, i % 2 == 0);
            if (!client.isConnected()) {
                throw new AssertionError("connection " + i + " is not there");
            }
            if (before != null) {
                close(before); // taken over, or gone by itself
            }
            if (i % 3 == 0 || i == 100) {
                client.disconnectForcibly(0, 100, false);
            }
            before = client;
        }
        close(before);
    }

    static void close(MqttClient client) throws Exception {
        long end = System.nanoTime() + 10_000_000_000L;
        while (client.isConnected()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("it was not taken over");
            }
            Thread.sleep(1);
        }
        client.close();
    }
}
