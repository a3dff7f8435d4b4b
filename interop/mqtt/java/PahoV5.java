import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/** Paho Java for version 5. */
final class PahoV5 {

    interface Case {
        void run() throws Exception;
    }

    static final String URL =
            "tcp://" + System.getenv("POLYMQ_HOST") + ':' + System.getenv("MQTT_PORT");

    public static void main(String[] args) {
        for (int qos = 0; qos < 3; qos++) {
            int level = qos;
            test("QoS " + qos + " in order", () -> order(level));
        }
        test("properties travel", PahoV5::properties);
        test("retained", PahoV5::retained);
        test("shared subscription", PahoV5::shared);
        test("what came while away", PahoV5::away);
        test("will", PahoV5::will);
        System.exit(0);
    }

    static void test(String name, Case action) {
        try {
            action.run();
            System.out.println("ok " + name);
        } catch (Exception | AssertionError e) {
            System.out.println("FAIL " + name + ": " + e);
        }
    }

    /** A client and what came to it. */
    static final class Client implements MqttCallback {
        final MqttClient client;
        final BlockingQueue<MqttMessage> got = new LinkedBlockingQueue<>();

        Client(String id, long expiry, boolean clean, MqttMessage will) throws MqttException {
            client = new MqttClient(URL, id, new MemoryPersistence());
            client.setTimeToWait(15_000);
            client.setCallback(this);
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setCleanStart(clean);
            options.setSessionExpiryInterval(expiry);
            options.setAutomaticReconnect(false);
            if (will != null) {
                options.setWill("paho5/will", will);
            }
            client.connect(options);
        }

        void end() throws MqttException {
            client.disconnect();
            client.close();
        }

        void expect(List<String> wanted) throws InterruptedException {
            List<String> all = new ArrayList<>();
            for (String ignored : wanted) {
                MqttMessage next = got.poll(15, TimeUnit.SECONDS);
                if (next == null) {
                    throw new AssertionError(all.size() + " messages instead of " + wanted.size());
                }
                all.add(new String(next.getPayload()));
            }
            if (!all.equals(wanted)) {
                throw new AssertionError("expected " + wanted + ", got " + all);
            }
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            got.add(message);
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {}

        @Override
        public void mqttErrorOccurred(MqttException exception) {}

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String uri) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }

    static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }

    static void order(int qos) throws Exception {
        Client client = new Client("paho5-order", 0, true, null);
        client.client.subscribe("paho5/" + qos, qos);
        for (String number : numbers(100)) {
            client.client.publish("paho5/" + qos, number.getBytes(), qos, false);
        }
        client.expect(numbers(100));
        client.end();
    }

    static void properties() throws Exception {
        Client client = new Client("paho5-props", 0, true, null);
        client.client.subscribe("paho5/props", 1);
        MqttMessage message = new MqttMessage("x".getBytes());
        message.setQos(1);
        MqttProperties properties = new MqttProperties();
        properties.setContentType("text/x");
        properties.setResponseTopic("paho5/answer");
        properties.setCorrelationData("12".getBytes());
        properties.setUserProperties(List.of(new UserProperty("a", "1"), new UserProperty("a", "2")));
        message.setProperties(properties);
        client.client.publish("paho5/props", message);
        MqttProperties came = client.got.poll(15, TimeUnit.SECONDS).getProperties();
        String told = came.getContentType() + came.getResponseTopic() + new String(came.getCorrelationData());
        if (!told.equals("text/xpaho5/answer12") || came.getUserProperties().size() != 2) {
            throw new AssertionError(came.toString());
        }
        client.end();
    }

    static void retained() throws Exception {
        Client client = new Client("paho5-kept", 0, true, null);
        client.client.publish("paho5/kept", "kept".getBytes(), 1, true);
        client.client.subscribe("paho5/kept", 1);
        client.expect(List.of("kept"));
        client.client.publish("paho5/kept", new byte[0], 1, true);
        client.end();
    }

    static void shared() throws Exception {
        Client one = new Client("paho5-s1", 0, true, null);
        Client two = new Client("paho5-s2", 0, true, null);
        one.client.subscribe("$share/g/paho5/shared", 1);
        two.client.subscribe("$share/g/paho5/shared", 1);
        Client publisher = new Client("paho5-sp", 0, true, null);
        for (String number : numbers(50)) {
            publisher.client.publish("paho5/shared", number.getBytes(), 1, false);
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (one.got.size() + two.got.size() < 50 && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        if (one.got.size() + two.got.size() != 50 || one.got.isEmpty() || two.got.isEmpty()) {
            throw new AssertionError(one.got.size() + " and " + two.got.size());
        }
        one.end();
        two.end();
        publisher.end();
    }

    static void away() throws Exception {
        Client client = new Client("paho5-away", 600, true, null);
        client.client.subscribe("paho5/away", 2);
        client.end();
        Client publisher = new Client("paho5-ap", 0, true, null);
        for (String number : numbers(100)) {
            publisher.client.publish("paho5/away", number.getBytes(), 2, false);
        }
        publisher.end();
        Client back = new Client("paho5-away", 600, false, null);
        back.expect(numbers(100));
        back.end();
    }

    static void will() throws Exception {
        Client watcher = new Client("paho5-watch", 0, true, null);
        watcher.client.subscribe("paho5/will", 1);
        MqttMessage will = new MqttMessage("gone".getBytes());
        will.setQos(1);
        Client mortal = new Client("paho5-mortal", 0, true, will);
        mortal.client.disconnectForcibly(0, 100, false);
        watcher.expect(List.of("gone"));
        watcher.end();
    }
}
